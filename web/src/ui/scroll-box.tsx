/** What is wider than the page scrolls by itself, by keyboard, too. */
export function ScrollBox({
  minWidth,
  maxHeight,
  children,
}: {
  minWidth: number;
  maxHeight?: number;
  children: React.ReactNode;
}) {
  return (
    <div
      className="scroll-box"
      tabIndex={0}
      style={{ '--scroll-width': `${minWidth}px`, maxHeight } as React.CSSProperties}
    >
      {children}
    </div>
  );
}
