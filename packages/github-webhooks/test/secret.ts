/** What deliveries are signed with in tests. */
export const SECRET = 'a secret for tests only';
