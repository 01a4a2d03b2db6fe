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
    "backup-store-unprotected": Page(
      title: "Backup store unprotected",
      meaning: """
        The bucket's versioning or object lock is not what expect_versioning and expect_object_lock ask for. If it \
        was, somebody changed it: look for PutBucketVersioning and PutObjectLockConfiguration in CloudTrail first.
        """,
      steps: [
        "aws s3api get-bucket-versioning --bucket B; aws s3api get-object-lock-configuration --bucket B.",
        """
        Put it back: aws s3api put-bucket-versioning --versioning-configuration Status=Enabled, then aws s3api \
        put-object-lock-configuration with a DefaultRetention. Objects written meanwhile are not locked: lock them \
        with put-object-retention, or make a new backup.
        """,
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
    "backup-wal-gap": Page(
      title: "Backup WAL gap",
      meaning: """
        A restore replays WAL segment by segment and ends at the first one that is missing; pgbackrest info \
        does not look.
        """,
      steps: [
        """
        Farwatch's log names the first missing segment. If it is still in the server's pg_wal, archive it \
        again (pgbackrest --stanza=… archive-push …); look in pg_stat_archiver for failures.
        """,
        """
        Otherwise make a backup now (any type): it needs nothing from before. Then since="newest_backup" \
        is 0 again.
        """,
        """
        since="oldest_backup" stays above 0 until the backups before the gap expire; \
        backup_continuous_since_timestamp_seconds says since when every moment can be restored. With \
        repo-retention-archive below the retention of backups this is wanted: silence the ticket.
        """,
        """
        A missing .history file: copy it from pg_wal of the promoted server (or from a standby) and \
        archive it.
        """,
        """
        Find out who deletes: life-cycle rules of the bucket, a second expire, an archive_command that \
        says success too early.
        """,
      ]),
    "backup-damaged": Page(
      title: "Backup damaged",
      meaning: """
        damaged: pgBackRest found page checksums wrong; see pgbackrest info --set=LABEL. unreadable: restic \
        cannot read a snapshot; restic check.
        """,
      steps: [
        """
        incomplete_chain: an incremental backup builds on one that is gone or bad. wal_missing: a backup \
        lacks WAL of its own span, so it never becomes consistent. Make a full backup, then remove the bad \
        ones.
        """
      ]),
    "backup-window": Page(
      title: "Backup window too short",
      meaning: """
        The oldest good backup is younger than retention or detection_delay, or fewer are kept than \
        expected_count.
        """,
      steps: [
        """
        A new repository grows into it. Otherwise: what expired too early, or which backups are bad?
        """
      ]),
    "backup-restore-untested": Page(
      title: "Backup restore untested",
      meaning: "Backup restore untested.",
      steps: [
        """
        Restore the newest backup elsewhere, check what came out, and have the job say so: write the marker \
        (date -u +%FT%TZ > MARKER), or visit the push check that restore_test names.
        """
      ]),
    "backup-locked": Page(
      title: "Backup repository locked",
      meaning: """
        restic list locks --no-lock, restic cat lock ID --no-lock name host and process. Is it gone? restic \
        unlock removes stale locks only.
        """,
      steps: [
        "Borg: borg break-lock, once you are sure that nothing writes."
      ]),
    "backup-tool-check": Page(
      title: "Backup tool check failed",
      meaning: "Backup tool check failed.",
      steps: [
        "barman check SERVER prints a hint with each check that fails."
      ]),
  ]
}
