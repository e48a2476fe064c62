/**
 * Hides one warning: Node 22 says that its SQLite is experimental, and the person who starts a server can do nothing
 * about it. All other warnings are printed as before. Only for the process of the command: a library must not do this.
 * @see https://nodejs.org/api/process.html#event-warning
 */
export function hideSqliteWarning(): void {
  // Node's own listener prints what comes; it is not there under --no-warnings.
  for (const print of process.listeners('warning')) {
    process.off('warning', print);
    process.on('warning', (warning) => {
      if (!isAboutSqlite(warning)) print(warning);
    });
  }
}

function isAboutSqlite({ name, message }: Error): boolean {
  return name === 'ExperimentalWarning' && message.startsWith('SQLite is an experimental feature');
}
