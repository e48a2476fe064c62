/**
 * What a command prints. Results go to standard output, everything else to standard error, so that results can be
 * piped.
 */
export class Terminal {
  /** True when results are JSON, for machines. */
  readonly isJson: boolean;
  #hasProgress = false;

  constructor({ json = false }: { readonly json?: boolean } = {}) {
    this.isJson = json;
  }

  /** Prints a result: the value as a line of JSON if the user wants JSON, else the text. */
  result(value: unknown, text: string): void {
    this.#clear();
    process.stdout.write(`${this.isJson ? JSON.stringify(value) : text}\n`);
  }

  /** Prints a sentence for people; nothing when results are JSON. */
  note(text: string): void {
    if (this.isJson) return;
    this.#clear();
    process.stderr.write(`${text}\n`);
  }

  /** Shows progress in a line that the next one replaces; nothing when results are JSON, or without a terminal. */
  progress(text: string): void {
    if (this.isJson || !process.stderr.isTTY) return;
    this.#hasProgress = true;
    process.stderr.write(`\r${text.slice(0, (process.stderr.columns || 80) - 1)}\u001b[K`);
  }

  #clear(): void {
    if (this.#hasProgress) process.stderr.write('\r\u001b[K');
    this.#hasProgress = false;
  }
}

/** Lays out rows in columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        indent +
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
    )
    .join('\n');
}
