import { describe, expect, it } from 'vitest';
import { agentOf, agents } from './agents.ts';

describe('agentOf', () => {
  it.each([
    ['Copilot', 'copilot', 'coding-agent'],
    ['copilot', 'copilot', 'coding-agent'],
    ['copilot-swe-agent[bot]', 'copilot', 'coding-agent'],
    ['copilot-pull-request-reviewer[bot]', 'copilot', 'coding-agent'],
    ['devin-ai-integration[bot]', 'devin', 'coding-agent'],
    ['claude[bot]', 'claude', 'coding-agent'],
    ['Cursor[bot]', 'cursor', 'coding-agent'],
    ['chatgpt-codex-connector[bot]', 'codex', 'coding-agent'],
    ['google-labs-jules[bot]', 'jules', 'coding-agent'],
    ['gemini-code-assist[bot]', 'gemini', 'coding-agent'],
    ['gemini-cli[bot]', 'gemini', 'coding-agent'],
    ['openhands-agent', 'openhands', 'coding-agent'],
    ['openhands-ai[bot]', 'openhands', 'coding-agent'],
    ['sweep-ai[bot]', 'sweep', 'coding-agent'],
    ['sweep-nightly[bot]', 'sweep', 'coding-agent'],
    ['dependabot[bot]', 'dependabot', 'bot'],
    ['dependabot-preview[bot]', 'dependabot', 'bot'],
    ['renovate[bot]', 'renovate', 'bot'],
    ['forking-renovate[bot]', 'renovate', 'bot'],
    ['renovate-bot', 'renovate', 'bot'],
    ['github-actions[bot]', 'github-actions', 'bot'],
    ['github-merge-queue[bot]', 'github-merge-queue', 'bot'],
    ['semantic-release-bot', 'semantic-release', 'bot'],
    ['changeset-bot[bot]', 'changesets', 'bot'],
    ['claassistant', 'cla-assistant', 'bot'],
  ] as const)('knows %s as %s, a %s', (login, id, kind) => {
    expect(agentOf(login)).toEqual({ id, kind });
  });

  it('takes any other app for a bot of its name', () => {
    expect(agentOf('Acme-Sweeper[bot]')).toEqual({ id: 'acme-sweeper', kind: 'bot' });
    expect(agentOf('constructor[bot]')).toEqual({ id: 'constructor', kind: 'bot' });
    expect(agentOf('devin[bot]', 'devin-ai-integration')).toEqual({ id: 'devin', kind: 'coding-agent' });
  });

  it.each(['mona', 'claudette', 'claude', 'devin', 'cursor', 'codex', 'jules', 'copilot-fan', 'mycopilot', 'renovate'])(
    'takes %s for a person',
    (login) => {
      expect(agentOf(login)).toBeUndefined();
    },
  );

  it.each(['', '[bot]', '__proto__', 'constructor', ' Copilot', 'bot', '[bot]x', 'x'.repeat(5_000_000)])(
    'knows no program for odd logins',
    (login) => {
      expect(agentOf(login)).toBeUndefined();
    },
  );

  it('knows a program by the slug of its app, for any user that it acts for', () => {
    expect(agentOf('mona', 'copilot-swe-agent')).toEqual({ id: 'copilot', kind: 'coding-agent' });
    expect(agentOf('Claude', 'anthropic-code-agent')).toEqual({ id: 'claude', kind: 'coding-agent' });
    expect(agentOf('Codex', 'OpenAI-Code-Agent')).toEqual({ id: 'codex', kind: 'coding-agent' });
    expect(agentOf('dependabot[bot]', 'github-actions')).toEqual({ id: 'dependabot', kind: 'bot' });
    expect(agentOf('mona', 'a-chat')).toBeUndefined();
  });
});

describe('agents', () => {
  it('gives no login, slug or id to two programs', () => {
    for (const names of [
      agents.map(({ id }) => id),
      agents.flatMap(({ logins }) => logins).map((login) => login.toLowerCase()),
      agents.flatMap(({ slugs }) => slugs),
    ]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('has a page for every program, and a login that GitHub allows', () => {
    for (const { name, logins, source } of agents) {
      expect(name).not.toBe('');
      expect(source).toMatch(/^https:\/\/[a-z.]+\/?[A-Za-z0-9/-]*$/);
      expect(logins).not.toHaveLength(0);
      for (const login of logins) expect(login).toMatch(/^[A-Za-z0-9-]{1,39}(?:\[bot\])?$/);
    }
  });
});
