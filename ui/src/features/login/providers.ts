/** Names that a capital letter does not make. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["azure", "Microsoft"],
  ["bitbucket", "Bitbucket"],
  ["github", "GitHub"],
  ["gitlab", "GitLab"],
  ["linkedin_oidc", "LinkedIn"],
  ["slack_oidc", "Slack"],
  ["workos", "WorkOS"],
]);

export function nameProvider(provider: string): string {
  return NAMES.get(provider) ?? `${provider.charAt(0).toUpperCase()}${provider.slice(1).replaceAll("_", " ")}`;
}
