import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The real binary with demo data, on a port of its own. */
export class Server {
  private child: ChildProcess | undefined;
  private readonly data = mkdtempSync(join(tmpdir(), 'kontor-e2e-'));
  private readonly database = Database.make();
  url = '';
  /** The owner's first key. */
  key = '';
  /** The owner's sign-in, good once. */
  link = '';

  static async start(): Promise<Server> {
    const server = new Server();
    server.url = `http://127.0.0.1:${await freePort()}`;
    await server.up(true);
    return server;
  }

  private async up(isFirst: boolean): Promise<void> {
    const env: NodeJS.ProcessEnv = { ...process.env, KONTOR_LIMITS: 'off' };
    if (this.database) env.KONTOR_DATABASE_URL = this.database.url;
    const args = ['up', '--data', this.data, '--listen', this.url.replace('http://', '')];
    const child = spawn(binary(), isFirst ? [...args, '--demo'] : args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    let said = '';
    await new Promise<void>((ready, fail) => {
      const timer = setTimeout(() => fail(new Error(`the server does not come up:\n${said}`)), 120_000);
      child.stderr?.on('data', (bytes: Buffer) => {
        said += String(bytes);
        this.key ||= /KEY=(ak_\w+)/.exec(said)?.[1] ?? '';
        this.link ||= /http\S+sign-in\?token=\S+/.exec(said)?.[0] ?? '';
        // The last line of the demo; without it, the greeting.
        if (isFirst ? /demo: deal_line|nothing was loaded/.test(said) : said.includes('Kontor is at')) {
          clearTimeout(timer);
          ready();
        }
      });
      child.on('exit', (code) => fail(new Error(`the server ended with ${code}:\n${said}`)));
    });
  }

  /** Ends the process without a word, as a power cut does. */
  async kill(): Promise<void> {
    const { child } = this;
    child?.removeAllListeners('exit');
    const ended = new Promise((done) => child?.once('exit', done));
    child?.kill('SIGKILL');
    await ended;
  }

  async restart(): Promise<void> {
    await this.up(false);
  }

  async stop(): Promise<void> {
    await this.kill();
    this.database?.drop();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Asks the API with the owner's key; for what a story needs to be there. */
  async ask<T = { id: string; [member: string]: unknown }>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = (await response.json()) as { data: T };
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer.data;
  }
}

/** A PostgreSQL database of a server's own: one that has been used has no first sign-in left. */
class Database {
  private constructor(
    private readonly admin: string,
    private readonly name: string,
    readonly url: string,
  ) {}

  static make(): Database | undefined {
    const admin = process.env.KONTOR_E2E_DATABASE_URL;
    if (!admin) return undefined;
    const name = `kontor_e2e_${process.pid}_${Date.now()}`;
    const url = new URL(admin);
    url.pathname = `/${name}`;
    const made = new Database(admin, name, url.toString());
    made.say(`CREATE DATABASE ${name}`);
    return made;
  }

  drop(): void {
    this.say(`DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
  }

  private say(sql: string): void {
    execFileSync('psql', ['--quiet', '--no-psqlrc', '--set', 'ON_ERROR_STOP=1', '--command', sql, this.admin]);
  }
}

function binary(): string {
  const built = ['release', 'debug'].map((profile) => join(import.meta.dirname, '../../target', profile, 'kontor'));
  const found = process.env.KONTOR_BIN ?? built.find(existsSync);
  if (!found) throw new Error('build the binary first: cargo build -p kontor, or set KONTOR_BIN');
  return found;
}

function freePort(): Promise<number> {
  return new Promise((give, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => give(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
