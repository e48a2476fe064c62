// @bnc/contracts

/** A span of time in seconds, ≥ 0. Musical and audio times are always seconds. */
type Seconds = number;
/** A point in time as milliseconds since 1970-01-01T00:00:00Z. */
type EpochMs = number;
/** A frequency in hertz, > 0. */
type Hertz = number;
/** A level relative to a reference, in decibels; 0 dB leaves a signal as it is. */
type Decibels = number;
/** Integrated loudness in LUFS, by ITU-R BS.1770-5 (a full-scale 1 kHz stereo sine is about 0). */
type Lufs = number;
/** Tempo in quarter notes a minute. */
type Bpm = number;
/** A MIDI note number; 60 is middle C (C4), 69 is A4 = 440 Hz. Fractions are allowed where a pitch may glide. */
type MidiNote = number;
/** A number from 0 to 1. */
type NormalRange = number;
/** A SHA-256 in 64 lower-case hexadecimal digits. */
type Sha256 = string;
/** What a happening feels like; it chooses mode, chords, colour and tempo. */
type Emotion = "tension" | "resolution" | "activity" | "growth";
/** The mode of a phrase. */
type Mode = "minor" | "major" | "major pentatonic" | "dorian" | "mixolydian";
/**
 * How a phrase ends: `authentic` at home, `half` open, `deceptive` elsewhere than expected, `plagal` gently,
 * `suspended` unresolved.
 */
type Cadence = "authentic" | "half" | "deceptive" | "plagal" | "suspended";
/** What a melody does: its contour and its rhythm. */
type Gesture = "stride" | "rise" | "homecoming" | "sigh" | "sparkle" | "fanfare" | "call" | "murmur";
/** The instrument families that parameters may name. */
type InstrumentType = "synth" | "fmSynth" | "polySynth" | "sampler";
/** The cat voices. */
type CatName = "purr" | "meow" | "chirp" | "trill" | "mrrp" | "hiss";
/** Every voice a score may use: the families, the band, and the cats. */
type InstrumentName = InstrumentType | "bass" | "pad" | "strings" | "pluck" | "harp" | "bell" | "epiano" | "marimba" | "vibraphone" | "reed" | "brass" | "flute" | "kick" | "snare" | "hat" | "drum" | CatName;
/** Where the pitch of a meow goes: `greeting` rises to its end, `question` stays level and then rises, `sad` falls. */
type MeowContour = "greeting" | "question" | "sad";
/** Basic oscillator shapes of the Web Audio API. */
type OscillatorShape = "sine" | "square" | "sawtooth" | "triangle";
/** An ADSR envelope. Each time is 0-10 s. */
interface EnvelopeOptions {
  /** Time from silence to full level. */
  readonly attack?: Seconds;
  /** Time from full level to the sustain level. */
  readonly decay?: Seconds;
  /** Level held until release. */
  readonly sustain?: NormalRange;
  /** Time from release to silence. */
  readonly release?: Seconds;
}
/** How an instrument sounds. */
interface InstrumentOptions {
  /** The wave of `synth`, `fmSynth` and `polySynth`. Default: the instrument's own. */
  readonly oscillator?: {
    readonly type: OscillatorShape;
  };
  /** The envelope. Default: the instrument's own. */
  readonly envelope?: EnvelopeOptions;
  /** A filter after the voice: `frequency` 10-20,000 Hz, `Q` 0-30. Default: none. */
  readonly filter?: {
    readonly type?: "lowpass" | "highpass" | "bandpass";
    readonly frequency: Hertz;
    readonly Q?: number;
  };
  /** Level of the instrument, -100 to 12 dB. Default 0 dB. */
  readonly volume?: Decibels;
  /**
   * A low-pass in each voice of `synth`, `fmSynth` and `polySynth` that follows the pitch: its cut-off at full
   * velocity, 1-20 times the note's frequency. Softer notes are darker, and each note opens an octave wider at its
   * start. Default: none.
   */
  readonly brightness?: number;
  /**
   * Depth of the vibrato of `synth`, `fmSynth` and `polySynth` on notes that last over 0.5 s, 0-100 cents. Default 0.
   */
  readonly vibrato?: number;
  /** Contour of a meow. Default `greeting`; other voices have only one contour. */
  readonly contour?: MeowContour;
  /** Length of a cat's vocal tract in cm, 8-10: shorter ones sound smaller. Default 9. */
  readonly tract?: number;
}
/**
 * Notes in Tone.js notation; the four lists belong together, index by index.
 * @see https://github.com/Tonejs/Tone.js/wiki/Time
 */
interface Pattern {
  /** Note names with octaves, such as `C4` or `F#3`. */
  readonly notes: readonly string[];
  /** Lengths, such as `8n`, `4n.`, `2t` or `0.5s`. */
  readonly durations: readonly string[];
  /** Starts, such as `0:1:0` (bars:quarters:sixteenths) or `0.5s`. */
  readonly times: readonly string[];
  /** Loudness of each note. */
  readonly velocities: readonly NormalRange[];
}
/** Effects on one track. `wet` is the share of the processed sound. */
interface Effects {
  /** Convolution reverb; `decay` is the time to fall by 60 dB, 0.05-10 s. */
  readonly reverb?: {
    readonly wet: NormalRange;
    readonly decay: Seconds;
  };
  /** Echo; `time` is 0.001-2 s, `feedback` at most 0.95. */
  readonly delay?: {
    readonly wet: NormalRange;
    readonly time: Seconds;
    readonly feedback: NormalRange;
  };
  /** Chorus; `rate` is the speed of its slow sweep, 0.01-20 Hz. */
  readonly chorus?: {
    readonly wet: NormalRange;
    readonly rate: Hertz;
    readonly depth: NormalRange;
  };
  /** Phaser; `rate` is the speed of its slow sweep, 0.01-20 Hz. */
  readonly phaser?: {
    readonly wet: NormalRange;
    readonly rate: Hertz;
  };
  /** Soft clipping. */
  readonly distortion?: {
    readonly wet: NormalRange;
    readonly amount: NormalRange;
  };
  /** A filter over the whole track: `frequency` 10-20,000 Hz, `Q` 0-30. */
  readonly filter?: {
    readonly type: "lowpass" | "highpass";
    readonly frequency: Hertz;
    readonly Q: number;
  };
}
/** Why a choice was made: because of a fact, therefore this sound. */
interface Reason {
  /** The fact, such as `pull request merged`. */
  readonly because: string;
  /** What it did to the music, such as `C major, 4 chords`. */
  readonly therefore: string;
}
/**
 * What a phrase sounds like. `tempo`, `scale`, `instrumentType` and `duration` are enough for a user;
 * the music engine fills in the rest. The same parameters always give the same sound.
 */
interface MusicalParameters {
  /** Tempo, 40-200. */
  readonly tempo: Bpm;
  /** The notes to choose from, with octaves, such as `['C4', 'D4', 'E4']`; 1-64 of them. */
  readonly scale: readonly string[];
  /** The first degree, with octave, such as `C4`. Default: the first note of `scale`. */
  readonly rootNote?: string;
  /** The lead instrument. */
  readonly instrumentType: InstrumentType;
  /** The voice that plays the lead, if it is not `instrumentType`. */
  readonly lead?: InstrumentName;
  /** How the lead instrument sounds. */
  readonly instrumentOptions?: InstrumentOptions;
  /** Length of the music without its tail. */
  readonly duration: Seconds;
  /** The melody, note by note. Default: composed from the other parameters. */
  readonly pattern?: Pattern;
  /** Seed of every random choice. Default: a hash of the other parameters. */
  readonly prngSeed?: number;
  /** Pitch class of the first degree, such as `F#`. */
  readonly tonic?: string;
  /** The mode. */
  readonly mode?: Mode;
  /** Length in whole bars of four quarters, 1-4; 0 for a sign that sounds alone. */
  readonly bars?: number;
  /** How many notes: 0 is sparse, 1 is dense. */
  readonly density?: NormalRange;
  /** How strong: velocity, filter opening, effects. */
  readonly intensity?: NormalRange;
  /** What it feels like. */
  readonly emotion?: Emotion;
  /**
   * Short name of what happened, such as `push`, `pull request merged` or `label created`. Each small happening has a
   * musical figure of its own, found by this name.
   */
  readonly happening?: string;
  /** What the melody does. Default: the one that belongs to `emotion`. */
  readonly gesture?: Gesture;
  /** Effects on the lead instrument. */
  readonly effects?: Effects;
  /** The leitmotif: steps in scale degrees from the first note, such as `[0, 2, 1, 4]`. */
  readonly motif?: readonly number[];
  /** Cat voices that take part. */
  readonly cats?: readonly CatName[];
  /** The theme that arranges the music. Default `chamber`. */
  readonly theme?: string;
  /** Time from the first sound to the first bar line, included in `duration`. Default 0. */
  readonly upbeat?: Seconds;
  /** Names of the chords, one for each half bar, such as `['I', 'vim7']`. Default: chosen by `mode` and `prngSeed`. */
  readonly chords?: readonly string[];
  /** What happened, as a sign that sounds first: an object and a verb, such as `build.done`. Default: none. */
  readonly sign?: string;
  /**
   * Who did it, as a signature that sounds with the sign: a place in the room's roster, 0-47 for people, 48-71 for
   * programs. Default: none.
   */
  readonly signature?: number;
  /** How it ends. Default: the one that belongs to `emotion`. */
  readonly cadence?: Cadence;
  /** Loudness of the whole, -60 to -5. Default: by `intensity` and `emotion`. */
  readonly loudness?: Lufs;
  /** Every choice in words. */
  readonly reasons?: readonly Reason[];
}
/** One note of a track. */
interface ScoreNote {
  /** Start, from the start of the score. */
  readonly time: Seconds;
  /** From start to release; the voice's own release follows. */
  readonly duration: Seconds;
  /** Pitch, 0-127; for drums and breath voices a colour rather than a pitch. */
  readonly midi: MidiNote;
  /** Loudness. */
  readonly velocity: NormalRange;
}
/** One instrument and its notes. */
interface Track {
  /** The voice that plays. */
  readonly instrument: InstrumentName;
  /** How it sounds. Default: the instrument's own. */
  readonly options?: InstrumentOptions;
  /** Level of the track as a factor, 0-2. Default 1. */
  readonly gain?: number;
  /** Place between the speakers: -1 left, 0 middle, 1 right. Default 0. */
  readonly pan?: number;
  /** Effects of the track. Default: none. */
  readonly effects?: Effects;
  /** Notes in order of time. */
  readonly notes: readonly ScoreNote[];
}
/** Music as data: when each note of each instrument sounds. The same score always gives the same samples. */
interface Score {
  /** Tempo, 20-400, for information: the notes are already in seconds. */
  readonly tempo: Bpm;
  /** Length from the first bar line to the last; tails ring out after it. */
  readonly duration: Seconds;
  /** Integrated loudness to master to, -60 to -5. Default -16. */
  readonly loudness?: Lufs;
  /** Seed of the noise and the chance in the voices. */
  readonly prngSeed: number;
  /** Instruments. */
  readonly tracks: readonly Track[];
}
/** Limits on a score. The defaults are those of `@bnc/buffer-serializer`. */
interface ScoreLimits {
  /** Longest score. Default 120. */
  readonly maxDuration: Seconds;
  /** Most tracks. Default 32. */
  readonly maxTracks: number;
  /** Most notes in all tracks. Default 10,000. */
  readonly maxNotes: number;
  /** Most notes that may be held at the same time, over all tracks. Default 128. */
  readonly maxPolyphony: number;
}
/** A track of a {@link FlatScore}; `null` leaves a part out. */
type FlatTrack = readonly [instrument: InstrumentName, gain: number | null, pan: number | null, options: InstrumentOptions | null, effects: Effects | null, notes: readonly number[]];
/** A score as it is sent: at most a third of its JSON. Times are in ticks, of which `g` make a quarter note. */
interface FlatScore {
  /** Version of this form. */
  readonly v: 1;
  /** Tempo. */
  readonly t: Bpm;
  /** Length of the music. */
  readonly d: Seconds;
  /** Loudness. Default: as in {@link Score}. */
  readonly l?: Lufs;
  /** Seed of the noise and the chance in the voices. */
  readonly s: number;
  /** Ticks per quarter note, 1-1,000,000: 96 for music on a grid, 240 for music that is performed. */
  readonly g: number;
  /** Instruments. */
  readonly i: readonly FlatTrack[];
}
/**
 * Planar audio: one array of samples per channel. A Web Audio `AudioBuffer` fits.
 * @see https://webaudio.github.io/web-audio-api/#AudioBuffer
 */
interface AudioBufferLike {
  /** Number of channels, ≥ 1. */
  readonly numberOfChannels: number;
  /** Frames per channel. */
  readonly length: number;
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** `length / sampleRate`. */
  readonly duration: Seconds;
  /** Samples of one channel (0-based): `length` floats, nominally [-1, 1]. The array may be a view of shared memory. */
  getChannelData(channel: number): Float32Array;
}
/** Encodings of samples on the wire. */
type Encoding = "pcm-f32le" | "pcm-s16le" | "f32-shuffle-deflate" | "flac" | "opus";
/** Version 1: the buffer as plain JSON, one array of samples per channel. */
interface SerializedBufferV1 {
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** Frames per channel. */
  readonly length: number;
  /** `length / sampleRate`. */
  readonly duration: Seconds;
  /** Number of channels, 1-32. */
  readonly numberOfChannels: number;
  /** One array of `length` samples per channel, nominally [-1, 1]. */
  readonly channels: readonly (readonly number[])[];
}
/** What every version 2 buffer has. */
interface SerializedBufferV2Header {
  /** Format version. */
  readonly v: 2;
  /** `sha256-` followed by the hash of the rendered samples. */
  readonly id?: string;
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** Frames per channel. */
  readonly length: number;
  /** `length / sampleRate`. */
  readonly duration: Seconds;
  /** Number of channels, 1-32. */
  readonly numberOfChannels: number;
  /** Power of two that decoded samples are multiplied by, so that peaks beyond ±1 survive integer codecs. Default 1. */
  readonly gain?: number;
}
/** Version 2 with its samples inline. */
interface SerializedBufferV2Inline extends SerializedBufferV2Header {
  /** How `data` is encoded. */
  readonly encoding: Encoding;
  /** Bits per sample, where the encoding leaves a choice. */
  readonly bitDepth?: number;
  /** The encoded bytes in base64 (RFC 4648 section 4). */
  readonly data: string;
}
/** One encoded form of a clip, kept under its own hash. */
interface Rendition {
  /** How the bytes are encoded. */
  readonly encoding: Encoding | "wav";
  /** Media type, such as `audio/flac`. */
  readonly mediaType: string;
  /** Frames a second of the encoded form. */
  readonly sampleRate: Hertz;
  /** Frames per channel after decoding at `sampleRate`. */
  readonly length: number;
  /** Bits per sample, where the encoding leaves a choice. */
  readonly bitDepth?: number;
  /** Bits a second, for lossy encodings. */
  readonly bitrate?: number;
  /** Power of two that decoded samples are multiplied by, in place of the header's. */
  readonly gain?: number;
  /** True when decoding gives back the samples at `bitDepth` exactly. */
  readonly lossless: boolean;
  /** Size in bytes. */
  readonly bytes: number;
  /** Hash of the bytes. */
  readonly sha256: Sha256;
  /** Where the bytes are: a path on the origin that sent the message, or any URL that the reader chooses to allow. */
  readonly url: string;
}
/** Version 2 with its samples elsewhere, in one or more forms. */
interface SerializedBufferV2ByUrl extends SerializedBufferV2Header {
  /** Forms to choose from, best first. */
  readonly renditions: readonly Rendition[];
}
/** Version 2 as a score: the shortest description of a buffer, for readers that have the instruments. */
interface SerializedBufferV2Score extends SerializedBufferV2Header {
  /** Tells a score from encoded samples. */
  readonly encoding: "score";
  /**
   * Factor > 0 that brings the played score to the loudness of its master; it need not be a power of two. Default 1.
   */
  readonly gain?: number;
  /** The score. */
  readonly score: FlatScore;
}
/** A buffer on the wire, any version. */
type SerializedBuffer = SerializedBufferV1 | SerializedBufferV2Inline | SerializedBufferV2ByUrl | SerializedBufferV2Score;
/** How a build, deployment, review, pull request or issue ended. */
type ActivityOutcome = "success" | "failure" | "timed_out" | "cancelled" | "neutral" | "skipped" | "approved" | "changes_requested" | "commented" | "merged" | "closed" | "not_planned" | "duplicate";
/** A program that acts on GitHub, recognised by its login or by the slug of its app. */
interface GitHubAgent {
  /** Stable short name, such as `copilot` or `dependabot`: the same for all logins of a program. */
  readonly id: string;
  /** `coding-agent` writes code on request; `bot` repeats the same routine work. */
  readonly kind: "coding-agent" | "bot";
}
/** One thing that happened in a repository: what the music needs to know, and nothing else. */
interface GitHubActivity {
  /** The GUID (`X-GitHub-Delivery`) of the delivery that made it certain. */
  readonly deliveryId: string;
  /** The event's name as GitHub sends it in `X-GitHub-Event`, such as `pull_request`. */
  readonly event: string;
  /**
   * The payload's `action`, such as `opened`, where it has one. Branches and tags: `created`, `deleted`, and for tags
   * `moved`. Pushes that are more than new commits: `rewritten` (forced, on the default branch or a protected one),
   * `rebased` (forced, elsewhere), `forwarded` (known commits only), `updated` (another branch merged in) and
   * `published` (to `gh-pages`).
   */
  readonly action?: string;
  /** `owner/repo` as GitHub spells it; compared without regard to case. */
  readonly repoId: string;
  /** GitHub's numeric id of the repository: the key that survives renames. */
  readonly repositoryId: number;
  /** True when strangers may not hear this repository. */
  readonly isPrivate: boolean;
  /** Login of the actor. Where a program acted for a person and the payload says so, the login of that person. */
  readonly actor: string;
  /** True when it is about a program's own work, such as a pull request that a bot opened. */
  readonly isOfProgram?: boolean;
  /** True when a program acted and no person is known behind it. */
  readonly isBot: boolean;
  /** The program that acted, by itself or for `actor`. */
  readonly agent?: GitHubAgent;
  /** What it is about, such as `pull/12`, `issues/7`, `heads/main`, `tags/v2`, `run/4711` or `alert/3`. */
  readonly subject?: string;
  /**
   * Groups what was done in one go: the `deliveryId` of its first delivery. Activities with the same `act` make one
   * happening.
   */
  readonly act?: string;
  /** The branch that it happened on, if any. */
  readonly branch?: string;
  /** True when that branch is the repository's default one. */
  readonly isDefaultBranch?: boolean;
  /** The repository's main language as GitHub names it, such as `TypeScript`; absent where GitHub knows none. */
  readonly language?: string;
  /** New commits in this activity, ≥ 0. */
  readonly commits: number;
  /** Commits of this activity that the repository already had, ≥ 1; absent for none. */
  readonly knownCommits?: number;
  /** Distinct files touched, ≥ 0. */
  readonly files: number;
  /** Lines added, ≥ 0; 0 where the payload does not tell (pushes list files only). */
  readonly additions: number;
  /** Lines deleted, ≥ 0; 0 where the payload does not tell. */
  readonly deletions: number;
  /** How it ended, where the event is about an end. */
  readonly outcome?: ActivityOutcome;
  /** What a build's verdict means for its branch: red after green, green after red, or the same as before. */
  readonly turn?: "broken" | "fixed" | "same";
  /** Names of the jobs and checks that failed: the first three that were seen. */
  readonly failed?: readonly string[];
  /** True for a push that rewrote history. */
  readonly forced?: boolean;
  /** What happened, in one line of plain text, ≤ 200 characters. */
  readonly title: string;
  /** A link to it on the forge that sent it; empty where there is none. */
  readonly url: string;
  /** When it happened by the payload's own clock; the time of receipt where the payload has none. */
  readonly occurredAt: EpochMs;
}
/**
 * A verified delivery, small enough to keep. It holds what the delivery says by itself, and what `hear` of
 * `@bnc/github-webhooks` needs to work out what happened from all deliveries of a repository. Deliveries that earlier
 * versions stored have only the fields of {@link GitHubActivity}.
 */
interface GitHubDelivery extends GitHubActivity {
  /** True for a delivery that never makes an activity by itself: a job, a status, the start of a run, a setting. */
  readonly isSilent?: boolean;
  /** The event's name and part of the body's signature: the same for the same bytes. */
  readonly bodyId?: string;
  /**
   * Recognises deliveries that say the same: a thing, its state, and the time in ms within which they count as the
   * same.
   */
  readonly same?: {
    readonly thing: string;
    readonly state: string;
    readonly withinMs: number;
    /** True when it says nothing new if the thing is already known in any state. */
    readonly isFirst?: boolean;
    /** Another name of the thing, for deliveries that do not know the first one. */
    readonly also?: string;
  };
  /** What it says about a build. */
  readonly build?: BuildReport;
  /** What it says about which branches are protected. */
  readonly protection?: ProtectionReport;
  /** How it joins other deliveries that were done in one go. */
  readonly ties?: {
    /** Words by which other deliveries join this one. */
    readonly absorbs?: readonly string[];
    /** Words by which this delivery joins others. */
    readonly joins?: readonly string[];
    /** Waits for the delivery that it may belong to: `short` where people wait for it, `long` where it is routine. */
    readonly waits?: "short" | "long";
  };
}
/** What a delivery says about a build. `sha` is that of the commit; each `branch` is green or red by itself. */
type BuildReport = {
  readonly of: "run";
  readonly id: number;
  readonly attempt: number;
  /** Grows with each run of the workflow. */
  readonly number: number;
  readonly suiteId?: number;
  readonly sha: string;
  readonly branch?: string;
  readonly workflow: string;
  readonly hasEnded: boolean;
} | {
  readonly of: "suite";
  readonly id: number;
  readonly sha: string;
  readonly branch?: string;
  readonly app: string;
  /** True for GitHub Actions, whose runs speak for themselves. */
  readonly isActions: boolean;
} | {
  readonly of: "check";
  readonly runId?: number;
  readonly attempt?: number;
  readonly suiteId?: number;
  readonly sha: string;
  readonly name: string;
  readonly hasFailed: boolean;
  /** True for a check that begins: its suite has not ended. */
  readonly hasBegun?: boolean;
} | {
  readonly of: "status";
  readonly sha: string;
  readonly branch?: string;
  readonly context: string;
  /** When the commit was made: a verdict on an older commit does not turn the branch green or red. */
  readonly committedAt: EpochMs;
  readonly state: "pending" | "success" | "failure";
};
/** Branches by name or pattern (`*` within a part of the name, `**` across), and whether they are protected now. */
interface ProtectionReport {
  /** Where this comes from; a later report of the same source replaces it. */
  readonly source: string;
  /**
   * Patterns; those that begin with `!` name branches that are not protected. Empty when the source protects none any
   * more.
   */
  readonly branches: readonly string[];
}
/** What a page shows while a phrase sounds. */
interface ActivitySummary {
  /** What happened, in one line. */
  readonly title: string;
  /** Link to it; empty where there is none. */
  readonly url: string;
  /** Who did it. */
  readonly actor: string;
  /** GitHub's event name. */
  readonly event: string;
  /** GitHub's action, where there is one. */
  readonly action?: string;
  /** The program that acted, by itself or for `actor`. */
  readonly agent?: GitHubAgent;
  /** What it is about, such as `pull/12`. */
  readonly subject?: string;
  /** What it feels like. */
  readonly emotion: Emotion;
}
/** One line of what a phrase speaks for: a happening, or several of a kind as a count. */
interface Tell {
  /** What happened, such as `Opened 15 pull requests`. */
  readonly title: string;
  /** Link to it, or to the first of several; empty where there is none. */
  readonly url: string;
  /** Who did it, such as `mona`, `mona and lisa` or `mona, lisa and 3 more`. */
  readonly actor: string;
  /** How many happenings the line counts, ≥ 1. */
  readonly count: number;
  /** The repository where it happened, in a room of several. */
  readonly repoId?: string;
}
/** One layer of a bed. */
interface BedLoopData {
  /** A score, or links to a clip. */
  readonly buffer: SerializedBuffer;
  /** Length in bars at the tempo of the bed; the sound rings on after it. */
  readonly lengthBars: number;
  /** Loudness. */
  readonly level: Lufs;
}
/** What a stream carries: the name of each message and its data. */
interface StreamData {
  /** First message of every connection. */
  connected: {
    readonly message: string;
    readonly clientId: string;
    readonly repoId: string;
    readonly serverTime: EpochMs;
    /** `fresh`: no id was given; `replayed`: everything since the given id follows; `truncated`: some of it is gone. */
    readonly resumed: "fresh" | "replayed" | "truncated";
    /** Messages that are gone for good, where known. */
    readonly missed: number;
    /** How long after its start a phrase is still worth playing to a new listener, in ms. */
    readonly hearableMs?: number;
    /** Proves ownership of `clientId` when connecting again. */
    readonly resumeKey?: string;
    /** Names the version of the page that the server serves: it changes when the page does. */
    readonly build?: string;
    /**
     * On a stream of several rooms: the rooms as they were asked for, and the `channel` that names each in its
     * messages.
     */
    readonly rooms?: readonly {
      readonly asked: string;
      readonly channel: string;
    }[];
    /** On a stream of several rooms: those that are not available, and why. */
    readonly refused?: readonly {
      readonly asked: string;
      readonly code: string;
      readonly message: string;
    }[];
  };
  /** A phrase to play. */
  audio_buffer: {
    /** Names the phrase; absent in messages of earlier versions. */
    readonly phraseId?: string;
    readonly buffer: SerializedBuffer;
    readonly params: MusicalParameters;
    readonly repoId: string;
    /** The moment of the first sound, by the server's clock: always on a sixteenth of the room's beat. */
    readonly startAt: EpochMs;
    readonly activity: ActivitySummary;
    /** Everything that the phrase speaks for, grouped by kind, most important first. */
    readonly tells?: readonly Tell[];
    readonly reasons: readonly Reason[];
    /** How many deliveries the phrase speaks for, ≥ 1; 0 for a test phrase. */
    readonly speaksFor: number;
  };
  /** Renditions of a phrase have been made, for listeners who asked for links in addition to scores. */
  clip: {
    readonly phraseId: string;
    readonly buffer: SerializedBuffer;
  };
  /**
   * The gain of a score that was sent has now been measured: it replaces the one in the message before the phrase
   * begins.
   */
  gain: {
    readonly phraseId: string;
    readonly gain: number;
  };
  /** What sounds under the phrases, for listeners who ask for it: on joining, and when it changes. */
  bed: {
    /** Identifies the sound: a bed that already plays with this id goes on. */
    readonly id: string;
    /**
     * Its layers; empty when the room has no bed, or rests. Each one loops: it begins at every multiple of its length
     * since 1970, by the server's clock, which keeps all listeners in phase.
     */
    readonly loops: readonly BedLoopData[];
    /** Tempo of the loops: a bar lasts 240 / `tempo` seconds. */
    readonly tempo: Bpm;
    /** When it takes over from the previous bed: on a bar line of the room, possibly in the past. */
    readonly startAt: EpochMs;
    /**
     * How things stand: the default branch is green or red, a deployment is under way, or nothing has happened for
     * hours.
     */
    readonly state: "green" | "red" | "deploying" | "quiet";
  };
  /** Bad news has arrived: what was sent before is silent from this moment on, by the server's clock. */
  yield: {
    readonly at: EpochMs;
  };
  /** Messages before this one were left out. */
  reset: {
    readonly reason: "trimmed" | "slow" | "failed";
    readonly missed?: number;
  };
  /** The repository has a new name, and the stream goes on under it: connect again, with either name. */
  moved: {
    readonly from: string;
    readonly to: string;
  };
  /**
   * How many streams listen to the room, on all servers and including this one. Sent at most once in 3 s, when it
   * changes.
   */
  presence: {
    readonly listeners: number;
  };
  /** The repository's webhook has been connected. */
  hook: {
    readonly event: "ping";
    readonly receivedAt: EpochMs;
  };
  /** Nothing was sent for a while; the stream is alive. */
  heartbeat: {
    readonly serverTime: EpochMs;
  };
  /** Something failed; the stream goes on. */
  error: {
    readonly message: string;
    readonly code: string;
  };
  /** Last message before the server closes the stream. */
  disconnected: {
    readonly reason: string;
    readonly code: string;
  };
}
/** The envelope of every message on a stream. */
type StreamMessage = { [Type in keyof StreamData]: {
  readonly type: Type;
  /** When the message was made. */
  readonly timestamp: EpochMs;
  readonly data: StreamData[Type];
}; }[keyof StreamData];
/** A message of one type. */
type StreamMessageOf<Type extends keyof StreamData> = Extract<StreamMessage, {
  readonly type: Type;
}>;
export type { ActivityOutcome, ActivitySummary, AudioBufferLike, BedLoopData, Bpm, BuildReport, Cadence, CatName, Decibels, Effects, Emotion, Encoding, EnvelopeOptions, EpochMs, FlatScore, FlatTrack, Gesture, GitHubActivity, GitHubAgent, GitHubDelivery, Hertz, InstrumentName, InstrumentOptions, InstrumentType, Lufs, MeowContour, MidiNote, Mode, MusicalParameters, NormalRange, OscillatorShape, Pattern, ProtectionReport, Reason, Rendition, Score, ScoreLimits, ScoreNote, Seconds, SerializedBuffer, SerializedBufferV1, SerializedBufferV2ByUrl, SerializedBufferV2Header, SerializedBufferV2Inline, SerializedBufferV2Score, Sha256, StreamData, StreamMessage, StreamMessageOf, Tell, Track };
