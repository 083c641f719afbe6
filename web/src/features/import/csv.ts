/** The first rows of a table in a text file, to show what is in it. The server reads the whole file itself. */
export interface Sample {
  columns: string[];
  rows: string[][];
}

const DELIMITERS = [',', ';', '\t', '|'];

/** Splits one text of a CSV file (RFC 4180) into rows; a last row that the text cuts off is left out. */
export function rowsOf(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at];
    if (isQuoted) {
      if (c !== '"') value += c;
      else if (text[at + 1] === '"') {
        value += '"';
        at += 1;
      } else isQuoted = false;
    } else if (c === '"' && value === '') isQuoted = true;
    else if (c === delimiter) {
      row.push(value);
      value = '';
    } else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[at + 1] === '\n') at += 1;
      row.push(value);
      rows.push(row);
      row = [];
      value = '';
    } else value += c;
  }
  if (value !== '' || row.length > 0) rows.push([...row, value]);
  return rows.filter((one) => one.some((cell) => cell !== ''));
}

/** The delimiter that splits the heading into the most columns. */
export function delimiterOf(text: string): string {
  const heading = text.slice(0, text.search(/[\r\n]|$/));
  const counts = DELIMITERS.map((one) => rowsOf(heading, one)[0]?.length ?? 0);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

export function sampleOf(text: string, most = 5): Sample {
  const plain = text.replace(/^\uFEFF/, '');
  const [columns = [], ...rows] = rowsOf(plain, delimiterOf(plain));
  return { columns, rows: rows.slice(0, most) };
}
