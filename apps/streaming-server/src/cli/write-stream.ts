import { open, rename, rm } from 'node:fs/promises';
import { CliError, reasonOf } from './cli-error.ts';

/**
 * Writes bytes as they come into a file that gets its name only once it is whole, or to standard output for `-`.
 * @returns how many bytes there were
 * @throws {CliError} `CLI_FILE` when the file cannot be written.
 */
export async function writeStream(
  file: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  let written = 0;
  if (file === '-') {
    for await (const chunk of bytes) {
      await new Promise<void>((settle, fail) =>
        process.stdout.write(chunk, (error) => (error ? fail(error) : settle())),
      );
      written += chunk.length;
    }
    return written;
  }
  const part = `${file}.part`;
  try {
    await using handle = await open(part, 'w');
    for await (const chunk of bytes) {
      await handle.write(chunk);
      written += chunk.length;
    }
  } catch (error) {
    await rm(part, { force: true });
    throw isOfFile(error) ? unwritable(file, error) : error;
  }
  await rename(part, file).catch((error: unknown) => {
    throw unwritable(file, error);
  });
  return written;
}

function isOfFile(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function unwritable(file: string, cause: unknown): CliError {
  return new CliError(
    'CLI_FILE',
    `${file} cannot be written (${reasonOf(cause)}). Check the folder and your permissions.`,
    {
      cause,
    },
  );
}
