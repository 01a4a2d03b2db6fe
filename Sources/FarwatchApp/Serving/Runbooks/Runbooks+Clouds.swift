/// What clouds say of themselves.
extension Runbooks {
  static let clouds: [String: Page] = [
    "cloudwatch-not-readable": Page(
      title: "CloudWatch not readable",
      meaning: "Farwatch's log line names the region, AWS' code and what to do.",
      steps: [
        """
        AccessDenied: allow cloudwatch:…: add the action to the identity's policy (README, privileges).
        """,
        """
        ExpiredToken, InvalidClientTokenId, SignatureDoesNotMatch: the key was rotated or is wrong. Files \
        are read anew every minute. "this machine's clock is …": set it right.
        """,
        """
        no credentials from the instance's metadata service: in a container the instance's hop limit must \
        be 2 (aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2).
        """,
        """
        Throttling: another program uses up the account's limit, or max_series and the period ask for too \
        much.
        """,
        """
        time-outs: is the regional endpoint reachable (VPC endpoint com.amazonaws.REGION.monitoring, \
        com.amazonaws.REGION.sts)?
        """,
      ]),
    "cloudwatch-series-left-out": Page(
      title: "CloudWatch series left out",
      meaning: "More series were found than max_series.",
      steps: [
        "Name dimensions instead of *, or raise the limit; every series costs money."
      ]),
    "rds-replica-not-replicating": Page(
      title: "RDS replica not replicating",
      meaning: """
        aws rds describe-db-instances --db-instance-identifier NAME → StatusInfos tells the error.
        """,
      steps: [
        """
        MySQL: duplicate key or a missing row (mysql.rds_show_replica_status), mysql.rds_skip_repl_error \
        only when you know what is lost; PostgreSQL: the replica needed WAL that is gone: recreate it. A \
        replica that was promoted reports -1 no more: take it off the list.
        """
      ]),
    "msk-replicator-locked-out": Page(
      title: "MSK replicator locked out",
      meaning: "The replicator's execution role may not read the source topic or write the target's.",
      steps: [
        """
        Check topic-level kafka-cluster: permissions in its policy and the clusters' policies and ACLs; \
        after the change watch ReplicationLatency rise above 0 and MessageLag fall.
        """
      ]),
    "load-balancer-no-healthy-host": Page(
      title: "Load balancer has no healthy host",
      meaning: "Look at the target group's health reasons (aws elbv2 describe-target-health).",
      steps: [
        """
        All in one zone: zone trouble; all everywhere: the health path, its dependency, or a deployment. \
        With no healthy host the balancer sends requests to all of them.
        """
      ]),
    "route53-health-check-failing": Page(
      title: "Route 53 health check failing",
      meaning: """
        farwatch_route53_failing_checkers by reason tells the kind, farwatch_route53_failure_info a \
        checker's words. Compare with Farwatch's own probes of the endpoint: if they are well, look at \
        firewalls that do not let Route 53's checkers in (their ranges: ROUTE53_HEALTHCHECKS of AWS' \
        ip-ranges.json).
        """,
      steps: [
        "Certificates are not validated by Route 53: an expired one does not fail there."
      ]),
    "route53-checkers-disagree": Page(
      title: "Route 53 checkers disagree",
      meaning: "By region in farwatch_route53_checkers.",
      steps: [
        """
        One region failing: network between there and the endpoint, or a firewall's list of addresses. \
        Some of every region: the endpoint is at its limit (Route 53 wants TCP in 4 s, an answer in 2 s).
        """
      ]),
    "route53-health-check-disabled": Page(
      title: "Route 53 health check disabled",
      meaning: "Somebody disabled it, for maintenance perhaps.",
      steps: [
        "Enable it, or take the failover record out of the plan: it will not move."
      ]),
    "rds-backups-off": Page(
      title: "RDS backups off",
      meaning: """
        aws rds modify-db-instance --db-instance-identifier NAME --backup-retention-period 7 \
        --apply-immediately (causes an outage of seconds on some engines).
        """,
      steps: [
        "Take a manual snapshot first."
      ]),
  ]
}
