import { DatabaseSync } from 'node:sqlite';
import type { RoomSettings } from '@bnc/music-engine';
import type { MusicGenerated } from './events.ts';
import { lower } from './names.ts';
import { SqliteFile } from './sqlite-file.ts';
import {
  type KeptPhrase,
  keptPhrase,
  type Learned,
  type MergedRoom,
  type PhraseSpan,
  type PhraseStart,
  type Repository,
  type RepositoryNews,
  type Tables,
} from './tables.ts';

/** How often, in ms, old phrases are deleted at most, up to 1,000 at a time. */
const sweepMs = 10_000;

/** How precisely, in ms, the time of the newest news of a public repository is kept. */
const coarseMs = 60_000;

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS repositories (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, room TEXT NOT NULL, private INTEGER NOT NULL, occurred_at INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS repositories_room ON repositories (room, private);
  CREATE TABLE IF NOT EXISTS removed (number INTEGER PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS names_number ON names (number);
  CREATE TABLE IF NOT EXISTS phrases (
    id INTEGER PRIMARY KEY, room TEXT NOT NULL, phrase_id TEXT NOT NULL, event_id TEXT NOT NULL, at INTEGER NOT NULL,
    phrase TEXT NOT NULL, message_id TEXT, start_at INTEGER, UNIQUE (room, phrase_id)
  );
  CREATE INDEX IF NOT EXISTS phrases_room ON phrases (room, id);
  CREATE INDEX IF NOT EXISTS phrases_at ON phrases (at);
  CREATE TABLE IF NOT EXISTS merged (name TEXT PRIMARY KEY, repositories TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS settings (room TEXT PRIMARY KEY, settings TEXT NOT NULL) WITHOUT ROWID;
`;

interface RepositoryRow {
  readonly number: number;
  readonly name: string;
  readonly private: number;
  readonly occurred_at: number;
  /** Null unless it was removed. */
  readonly removed: number | null;
}

interface PhraseRow {
  readonly event_id: string;
  readonly phrase: string;
  readonly message_id: string | null;
  readonly start_at: number | null;
}

/**
 * Tables in one SQLite file, which one process holds. Each call takes about 20 µs on the calling thread. What is
 * written survives a crash of the process; news of privacy and names also survives a power cut.
 */
export class SqliteTables implements Tables {
  readonly #file: SqliteFile;
  readonly #keepMs: number;
  readonly #now: () => number;
  #sweptAt = 0;

  /**
   * @param file - path, or `:memory:` for tables that last as long as the process
   * @param keepMs - age in ms at which phrases are deleted
   */
  constructor(file: string, { keepMs, now = Date.now }: { keepMs: number; now?: () => number }) {
    this.#keepMs = keepMs;
    this.#now = now;
    this.#file = new SqliteFile(file, schema);
  }

  async learn(news: RepositoryNews): Promise<Learned> {
    const { repoId, repositoryId, isPrivate, occurredAt, previousRepoId, isRemoved = false } = news;
    const room = lower(repoId);
    const before = await this.repository(repositoryId);
    const isOld = before !== undefined && before.occurredAt > occurredAt;
    // News of a move counts whatever its clock says; any other old news comes too late.
    if (isOld && previousRepoId === undefined) return { isClosed: false };
    const wasPrivate = before?.isPrivate === true;
    const wasRemoved = before?.isRemoved === true;
    const holder = this.#numberOf(room);
    const isSame = before?.repoId === repoId && wasPrivate === isPrivate && wasRemoved === isRemoved;
    if (isSame && holder === repositoryId && !isOld) {
      // Most deliveries repeat what is known. A private repository's time is kept exactly: nothing older may open it.
      if (isPrivate || occurredAt - before.occurredAt > coarseMs) {
        this.#file.run('UPDATE repositories SET occurred_at = ? WHERE number = ?', occurredAt, repositoryId);
      }
      return { isClosed: false };
    }
    const former = previousRepoId === undefined ? undefined : lower(previousRepoId);
    // A new public repository is not a secret, and the log has it too: it need not survive a power cut here.
    const isNews = before !== undefined || isPrivate;
    this.#file.write(isNews, () => {
      this.#file.run(
        'INSERT OR REPLACE INTO repositories VALUES (?, ?, ?, ?, ?)',
        repositoryId,
        repoId,
        room,
        Number(isOld ? wasPrivate : isPrivate),
        Math.max(occurredAt, before?.occurredAt ?? 0),
      );
      if (isRemoved && !isOld) this.#file.run('INSERT OR IGNORE INTO removed VALUES (?)', repositoryId);
      else if (wasRemoved && !isOld) this.#file.run('DELETE FROM removed WHERE number = ?', repositoryId);
      if (holder !== repositoryId) this.#file.run('INSERT OR REPLACE INTO names VALUES (?, ?)', room, repositoryId);
      if (former !== undefined) this.#file.run('INSERT OR IGNORE INTO names VALUES (?, ?)', former, repositoryId);
    });
    const from = before?.repoId ?? previousRepoId;
    const isMoved = from !== undefined && lower(from) !== room && this.#numberOf(lower(from)) === repositoryId;
    // Listeners must leave if the repository was public until now, if another one had its name, or if it is gone.
    const isClosed = !isOld && ((isPrivate && (!wasPrivate || holder !== repositoryId)) || (isRemoved && !wasRemoved));
    return { isClosed, ...(isMoved && { movedFrom: from }) };
  }

  async repository(repositoryId: number): Promise<Repository | undefined> {
    const row = this.#file.get(
      'SELECT r.*, x.number AS removed FROM repositories r LEFT JOIN removed x ON x.number = r.number WHERE r.number = ?',
      repositoryId,
    );
    return row && repositoryOf(row as unknown as RepositoryRow);
  }

  async named(name: string): Promise<Repository | undefined> {
    const number = this.#numberOf(name);
    return number === undefined ? undefined : this.repository(number);
  }

  async repositories({ limit, after = '' }: { limit: number; after?: string }): Promise<readonly Repository[]> {
    const rows = this.#file.all(
      `SELECT r.*, x.number AS removed FROM repositories r JOIN names n ON n.name = r.room AND n.number = r.number
       LEFT JOIN removed x ON x.number = r.number WHERE r.room > ? ORDER BY r.room LIMIT ?`,
      after,
      limit,
    );
    return rows.map((row) => repositoryOf(row as unknown as RepositoryRow));
  }

  async namesOf(repositoryId: number): Promise<readonly string[]> {
    return this.#file.all('SELECT name FROM names WHERE number = ?', repositoryId).map(({ name }) => String(name));
  }

  async privateNumbers(names: readonly string[]): Promise<readonly number[]> {
    // A name that another repository has taken says nothing of its former holder.
    const select =
      'SELECT number FROM repositories NATURAL JOIN (SELECT name AS room, number FROM names) WHERE private = 1 AND';
    const found = names.flatMap((name) => {
      const { where, values } = named(name);
      return this.#file.all(`${select} ${where}`, ...values).map(({ number }) => Number(number));
    });
    return [...new Set(found)];
  }

  async isAnyKnown(names: readonly string[]): Promise<boolean> {
    return names.some((name) => {
      const { where, values } = named(name);
      return this.#file.get(`SELECT 1 FROM repositories WHERE ${where} LIMIT 1`, ...values);
    });
  }

  async keep(key: string, { eventId, phrase }: Pick<KeptPhrase, 'eventId' | 'phrase'>): Promise<void> {
    this.#file.run(
      'INSERT OR IGNORE INTO phrases (room, phrase_id, event_id, at, phrase) VALUES (?, ?, ?, ?, ?)',
      key,
      phrase.phraseId,
      eventId,
      phrase.receivedAt,
      JSON.stringify(phrase),
    );
    this.#sweep();
  }

  async start(key: string, phraseId: string, { messageId, startAt }: PhraseStart): Promise<void> {
    this.#file.run(
      'UPDATE phrases SET message_id = ?, start_at = ? WHERE room = ? AND phrase_id = ?',
      messageId,
      startAt,
      key,
      phraseId,
    );
  }

  async phrases(key: string, { limit, before }: { limit: number; before?: string }): Promise<readonly KeptPhrase[]> {
    const rows =
      before === undefined
        ? this.#file.all('SELECT * FROM phrases WHERE room = ? ORDER BY id DESC LIMIT ?', key, limit)
        : this.#file.all(
            'SELECT * FROM phrases WHERE room = ?1 AND id < (SELECT id FROM phrases WHERE room = ?1 AND phrase_id = ?2) ORDER BY id DESC LIMIT ?3',
            key,
            before,
            limit,
          );
    return rows.map((row) => keptOf(row as unknown as PhraseRow));
  }

  async phrasesBetween(key: string, { from, to, limit }: PhraseSpan): Promise<readonly KeptPhrase[]> {
    // The plus sign keeps SQLite from reading all phrases of the room: those of the span are fewer.
    const sql = 'SELECT * FROM phrases WHERE at BETWEEN ? AND ? AND +room = ? ORDER BY at, id LIMIT ?';
    return this.#file.all(sql, from, to, key, limit).map((row) => keptOf(row as unknown as PhraseRow));
  }

  async phrase(key: string, phraseId: string): Promise<KeptPhrase | undefined> {
    const row = this.#file.get('SELECT * FROM phrases WHERE room = ? AND phrase_id = ?', key, phraseId);
    return row && keptOf(row as unknown as PhraseRow);
  }

  async mergedRooms(): Promise<readonly MergedRoom[]> {
    return this.#file.all('SELECT * FROM merged ORDER BY name').map(({ name, repositories }) => ({
      name: String(name),
      repositories: JSON.parse(String(repositories)) as string[],
    }));
  }

  async putMergedRoom({ name, repositories }: MergedRoom): Promise<void> {
    if (repositories.length === 0) this.#file.run('DELETE FROM merged WHERE name = ?', name);
    else this.#file.run('INSERT OR REPLACE INTO merged VALUES (?, ?)', name, JSON.stringify(repositories));
  }

  async settings(key: string): Promise<RoomSettings> {
    const row = this.#file.get('SELECT settings FROM settings WHERE room = ?', key);
    return row ? (JSON.parse(String(row.settings)) as RoomSettings) : {};
  }

  async putSettings(key: string, settings: RoomSettings): Promise<void> {
    this.#file.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', key, JSON.stringify(settings));
  }

  async forget(key: string): Promise<void> {
    this.#file.write(true, () => {
      this.#file.run('DELETE FROM settings WHERE room = ?', key);
      // Overwritten in place before any row is deleted: SQLite moves rows when others go, and leaves old bytes behind.
      this.#file.run(
        "UPDATE phrases SET phrase = printf('%.*c', length(CAST(phrase AS BLOB)), '0') WHERE room = ?",
        key,
      );
      this.#file.run('DELETE FROM phrases WHERE room = ?', key);
      if (!/^\d+$/.test(key)) return;
      this.#file.run('DELETE FROM names WHERE number = ?', Number(key));
      this.#file.run('DELETE FROM removed WHERE number = ?', Number(key));
      this.#file.run('DELETE FROM repositories WHERE number = ?', Number(key));
    });
    this.#file.emptyWal();
  }

  async sharedSecret(made: string): Promise<string> {
    this.#file.run("INSERT OR IGNORE INTO meta VALUES ('secret', ?)", made);
    return String(this.#file.get("SELECT value FROM meta WHERE name = 'secret'")?.value);
  }

  async isFilled(): Promise<boolean> {
    return this.#file.get("SELECT 1 FROM meta WHERE name = 'filled'") !== undefined;
  }

  async setFilled(): Promise<void> {
    this.#file.run("INSERT OR REPLACE INTO meta VALUES ('filled', '1')");
  }

  /**
   * Copies the tables while they are in use. A copy of the log that is made afterwards knows more: a server that starts
   * with both reads what is missing here from the log.
   */
  async copyTo(file: string): Promise<void> {
    await this.#file.copyTo(file);
    const copy = new DatabaseSync(file);
    copy.exec("DELETE FROM meta WHERE name = 'filled'");
    copy.close();
  }

  close(): void {
    this.#file.close();
  }

  #numberOf(name: string): number | undefined {
    const row = this.#file.get('SELECT number FROM names WHERE name = ?', name);
    return row && Number(row.number);
  }

  #sweep(): void {
    const now = this.#now();
    if (now - this.#sweptAt < sweepMs) return;
    this.#sweptAt = now;
    const oldest = now - this.#keepMs;
    this.#file.run(
      'DELETE FROM phrases WHERE id IN (SELECT id FROM phrases WHERE at < ? ORDER BY at LIMIT 1000)',
      oldest,
    );
  }
}

function repositoryOf(row: RepositoryRow): Repository {
  return {
    repoId: row.name,
    repositoryId: row.number,
    isPrivate: row.private === 1,
    occurredAt: row.occurred_at,
    ...(row.removed !== null && { isRemoved: true }),
  };
}

/** Finds repositories by a name, or all of an owner by `owner/*`. */
function named(name: string): { readonly where: string; readonly values: readonly string[] } {
  if (!name.endsWith('/*')) return { where: 'room = ?', values: [name] };
  return { where: 'room >= ? AND room < ?', values: [name.slice(0, -1), `${name.slice(0, -2)}0`] };
}

function keptOf({ event_id: eventId, phrase, message_id: messageId, start_at: startAt }: PhraseRow): KeptPhrase {
  const start = messageId === null || startAt === null ? undefined : { messageId, startAt };
  return keptPhrase({ eventId, phrase: JSON.parse(phrase) as MusicGenerated }, start);
}
