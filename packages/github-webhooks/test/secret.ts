/** What deliveries are signed with in tests. */
export const webhookSecret = 'a secret for tests only';
