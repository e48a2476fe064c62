/**
 * Listening sessions and the newest buffer of each repository: sessions that end, buffers held once, true numbers.
 * @module
 */
export {
  ClientSessionManager,
  type SessionEnd,
  type SessionOptions,
  type StreamingSession,
} from './client-session-manager.ts';
export { SessionError, type SessionErrorCode } from './errors.ts';
export {
  type HealthMetrics,
  MultiClientAudioManager,
  type MultiClientAudioOptions,
  type RepoHealth,
} from './multi-client-audio-manager.ts';
