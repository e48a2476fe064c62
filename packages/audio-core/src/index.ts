/**
 * Who listens to what, and one way out to all of them: sessions that end, the newest sound held once, true numbers.
 * @module
 */
export {
  ClientSessionManager,
  type SessionEnd,
  type SessionOptions,
  type StreamingSession,
} from './client-session-manager.ts';
export { SessionError, type SessionErrorCode } from './errors.ts';
export type { OnHookError, SessionHook } from './hooks.ts';
export {
  type HealthMetrics,
  MultiClientAudioManager,
  type MultiClientAudioOptions,
  type RepoHealth,
} from './multi-client-audio-manager.ts';
