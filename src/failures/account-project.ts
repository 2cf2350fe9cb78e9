/** gcloud's flag for the project of a service account, where its e-mail says so; to be put behind a command. */
export function projectFlag(account: string): string {
  const project = /@([\w-]+)\.iam\.gserviceaccount\.com$/.exec(account)?.[1]
  return project === undefined ? '' : ` --project=${project}`
}
