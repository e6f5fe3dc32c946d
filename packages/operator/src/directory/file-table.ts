import { createHash } from 'node:crypto';
import { type CheckedDocument, type FileProblem, checkDocuments } from '@namewall/policy';
import type { LastGood } from './last-good.ts';
import type { FoundFile } from './read-files.ts';

/** One file: what is in force of it, and what is wrong with what it says now. */
export interface FileEntry {
  readonly path: string;
  /** Tells one content from another. */
  readonly content: string;
  readonly documents: readonly CheckedDocument[];
  readonly errors: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
  /** The documents are of an earlier content. */
  readonly earlier: boolean;
  readonly inode: number | undefined;
}

/** Milliseconds without a write after which a file that is written in place counts as written. */
const AT_REST = 50;

/** Holds each file's last good version. A file that is gone takes its documents with it. */
export class FileTable {
  readonly #lastGood: LastGood;
  #entries: ReadonlyMap<string, FileEntry> = new Map();
  #writing = false;

  constructor(lastGood: LastGood) {
    this.#lastGood = lastGood;
  }

  /** By path. */
  get entries(): readonly FileEntry[] {
    return [...this.#entries.values()];
  }

  /** Some file was being written at the last update: what it says is not taken over yet. */
  get writing(): boolean {
    return this.#writing;
  }

  /**
   * @param now milliseconds since 1970
   * @returns the entries whose content is another than before
   */
  async update(files: readonly FoundFile[], now: number): Promise<FileEntry[]> {
    this.#writing = false;
    const next = new Map<string, FileEntry>();
    const changed: FileEntry[] = [];
    for (const file of files) {
      const before = this.#entries.get(file.path);
      const content = contentOf(file);
      const entry =
        before === undefined || (before.content !== content && !this.#isBeingWritten(before, file, now))
          ? await this.#read(file, content, before)
          : before;
      next.set(file.path, entry);
      if (entry !== before) changed.push(entry);
    }
    this.#entries = next;
    await this.#lastGood.keepOnly([...next.keys()]);
    return changed;
  }

  /** Half of a file that is written in place may be sound, and allow less. One that was replaced is whole. */
  #isBeingWritten(before: FileEntry, file: FoundFile, now: number): boolean {
    const writing = 'octets' in file && file.inode === before.inode && Math.abs(now - file.modified) < AT_REST;
    this.#writing ||= writing;
    return writing;
  }

  async #read(file: FoundFile, content: string, before: FileEntry | undefined): Promise<FileEntry> {
    const { path } = file;
    const inode = 'octets' in file ? file.inode : before?.inode;
    const checked =
      'octets' in file ? checkDocuments(file.octets, path) : { documents: [], errors: [file.problem], warnings: [] };
    if (checked.errors.length === 0) {
      if ('octets' in file) await this.#lastGood.save(path, file.octets);
      return { path, content, ...checked, earlier: false, inode };
    }
    const documents = before?.documents ?? (await this.#load(path));
    return { path, content, ...checked, documents, earlier: documents.length > 0, inode };
  }

  async #load(path: string): Promise<readonly CheckedDocument[]> {
    const octets = await this.#lastGood.load(path);
    return octets === undefined ? [] : checkDocuments(octets, path).documents;
  }
}

function contentOf(file: FoundFile): string {
  const what = 'octets' in file ? file.octets : file.problem.reason;
  return createHash('sha256')
    .update('octets' in file ? 'o' : 'p')
    .update(what)
    .digest('hex');
}
