/// Backups in stores and of tools.
extension Runbooks {
  static let backupStores: [String: Page] = [
    "backup-times-disagree": Page(
      title: "Backup times disagree",
      meaning: """
        Compare a name with its LastModified. Copied between buckets or regions: the copy's time is that of \
        the copying; use a tool that keeps it, or tell the tolerance (every is the default).
        """,
      steps: [
        """
        All by the same hours: the job's clock or time zone; time_format reads UTC. The older of the two \
        counts, so a copied old backup never looks fresh.
        """
      ]),
    "backup-series-has-gaps": Page(
      title: "Backup series has gaps",
      meaning: "List the names around the gap.",
      steps: [
        """
        Was the job not run (cron, host down), did it fail, or did a retention take single ones away? \
        Within the gap window each missing one is a moment that cannot be restored to.
        """
      ]),
    "backup-uploads-incomplete": Page(
      title: "Backup uploads incomplete",
      meaning: """
        S3: aws s3api list-multipart-uploads --bucket B; abort old ones, and set a lifecycle rule \
        AbortIncompleteMultipartUpload. Azure: blocks that were put and not committed go by themselves after \
        a week.
        """,
      steps: [
        """
        Uploads that keep appearing: the job is killed or runs out of time while it uploads; then its \
        newest backups are missing too.
        """
      ]),
    "backup-newest-archived": Page(
      title: "Backup newest archived",
      meaning: "A lifecycle rule moves backups to an archive tier too early, or the job writes into it.",
      steps: [
        """
        Keep at least what the RTO is promised for in a tier that is read at once. To restore now: begin \
        thawing at once (S3 expedited, Azure high priority).
        """
      ]),
    "backup-restore-test-old": Page(
      title: "Backup restore test old",
      meaning: "Backup restore test old.",
      steps: [
        """
        Restore the newest backup to a scratch server, check it, and write the marker (date -u +%FT%TZ \
        into the object or file that restore_marker names).
        """
      ]),
    "backup-retention-shorter-than-detection": Page(
      title: "Backup retention shorter than detection",
      meaning: "Silent damage is found by a restore test.",
      steps: [
        """
        If every backup from before the last test is gone already, damage that began since is in all that \
        are left. Test more often than the retention, or keep single older ones.
        """
      ]),
    "backup-store-clock-off": Page(
      title: "Backup store clock off",
      meaning: "Is this host's clock right (timedatectl, chronyc tracking)?",
      steps: [
        "Clouds' clocks are; those of a MinIO or gateway of one's own may not be."
      ]),
    "backup-listing-too-slow": Page(
      title: "Backup listing too slow",
      meaning: "Backup listing too slow.",
      steps: [
        """
        Narrow the prefix (by month, by job), delete what a retention should have, or give the job names \
        that sort by time: then only what is new is listed. backup_listing_pages_total tells the pace.
        """
      ]),
    "backup-question-unanswered": Page(
      title: "Backup question unanswered",
      meaning: "Backup question unanswered.",
      steps: [
        """
        incomplete_uploads: allow s3:ListBucketMultipartUploads, or set incomplete_uploads: false. \
        restore_marker: allow reading and listing of that object.
        """
      ]),
  ]
}
