import { type Scalar, text, whole } from '../untrusted.ts';
import type { Chapters, Story } from './story.ts';

type SecurityEvent =
  | 'dependabot_alert'
  | 'repository_vulnerability_alert'
  | 'code_scanning_alert'
  | 'secret_scanning_alert'
  | 'secret_scanning_alert_location'
  | 'secret_scanning_scan'
  | 'repository_advisory'
  | 'security_advisory'
  | 'security_and_analysis';

/**
 * Says only that there is an alert, without the package, the place or a link. GitHub shows alerts to maintainers only,
 * and a room may be open to strangers.
 */
function alertStory(kind: string, change: string, at: Scalar, number: Scalar): Story {
  return {
    title: `${kind} ${change}`,
    ...(whole(number) !== undefined && { subject: `alert/${whole(number)}` }),
    at,
  };
}

/** Alerts and advisories. */
export const securityChapters: Chapters<SecurityEvent> = {
  dependabot_alert: {
    actions: {
      created: 'opened',
      fixed: 'fixed',
      dismissed: 'dismissed',
      auto_dismissed: 'dismissed',
      reopened: 'reopened',
      reintroduced: 'reopened',
      auto_reopened: 'reopened',
      assignees_changed: null,
    },
    tell: ({ alert }, change) => alertStory('Dependency alert', change, alert?.updated_at, alert?.number),
  },
  // The older event for the same alerts.
  repository_vulnerability_alert: {
    actions: { create: 'opened', resolve: 'fixed', dismiss: 'dismissed', reopen: 'reopened' },
    tell: ({ alert }, change) => alertStory('Dependency alert', change, undefined, alert?.number),
  },
  code_scanning_alert: {
    actions: {
      created: 'opened',
      fixed: 'fixed',
      closed_by_user: 'dismissed',
      reopened: 'reopened',
      reopened_by_user: 'reopened',
      appeared_in_branch: null,
      updated_assignment: null,
    },
    tell: ({ alert }, change) => alertStory('Code scanning alert', change, undefined, alert?.number),
  },
  secret_scanning_alert: {
    actions: {
      created: 'opened',
      resolved: 'fixed',
      reopened: 'reopened',
      publicly_leaked: 'found in public',
      validated: null,
      assigned: null,
      unassigned: null,
      metadata_created: null,
      metadata_removed: null,
    },
    tell: ({ alert }, change) => alertStory('Secret scanning alert', change, alert?.updated_at, alert?.number),
  },
  secret_scanning_alert_location: {
    actions: { created: 'opened' },
    tell: ({ alert }, change) => alertStory('Secret scanning alert', change, alert?.updated_at, alert?.number),
  },
  secret_scanning_scan: null,
  repository_advisory: {
    actions: { published: 'Published', reported: 'Received' },
    tell: ({ action, repository_advisory: advisory }, verb) => ({
      title: action === 'published' ? `${verb} advisory: ${text(advisory?.summary)}` : `${verb} a vulnerability report`,
      url: action === 'published' ? advisory?.html_url : undefined,
      at: advisory?.updated_at,
    }),
  },
  // Is about packages in general, not about a repository.
  security_advisory: null,
  security_and_analysis: null,
};
