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
    "google-monitoring-not-readable": Page(
      title: "Google monitoring not readable",
      meaning: "Farwatch's log line names the project, the metric and Google's words.",
      steps: [
        """
        Permission monitoring.timeSeries.list denied: gcloud projects add-iam-policy-binding PROJECT \
        --member serviceAccount:… --role roles/monitoring.viewer. A project that does not exist says the \
        same.
        """,
        """
        Cloud Monitoring API has not been used: gcloud services enable monitoring.googleapis.com --project \
        PROJECT.
        """,
        """
        gives no token: status 400, invalid_grant: the key was deleted or the account disabled, or this \
        machine's clock is wrong.
        """,
        """
        Quota exceeded: another program asks too much; raise the quota of time series queries or the \
        period. It is left alone as long as Google says.
        """,
        """
        Cannot find metric(s): a misspelt type of a metric of your own, or one that was never written.
        """,
        """
        "its labels do not tell all series apart": add one of those that are named to labels.
        """,
      ]),
    "azure-monitor-not-readable": Page(
      title: "Azure monitor not readable",
      meaning: """
        AuthorizationFailed: give the identity Monitoring Reader: az role assignment create --assignee \
        CLIENT --role "Monitoring Reader" --scope RESOURCE.
        """,
      steps: [
        """
        ResourceNotFound: the identifier in resources is wrong, or the resource was moved or deleted.
        """,
        """
        gives no token: status 401, invalid_client: the secret ended (they live two years at most) or is \
        wrong. The file is read anew for each token.
        """,
        """
        the metadata service … gives no token: this machine has no identity, or several: name one with \
        client_id.
        """,
        """
        Failed to find metric configuration: that kind of resource does not have the metric; Azure's words \
        list those that it has.
        """,
        """
        TooManyRequests: the Resource Manager's limit of reads, which all programs with this identity \
        share in a subscription. Raise the period.
        """,
      ]),
    "cloud-series-left-out": Page(
      title: "Cloud series left out",
      meaning: "More series were found than max_series.",
      steps: [
        "Name a filter or dimensions, or raise the limit."
      ]),
    "cloud-sql-replica-not-replicating": Page(
      title: "Cloud SQL replica not replicating",
      meaning: """
        gcloud sql instances describe REPLICA shows its state; the replica's log \
        (cloudsql.googleapis.com/mysql.err, postgres.log) the error.
        """,
      steps: [
        """
        MySQL: duplicate key, missing row, full disk: recreate the replica unless you know what is lost. \
        PostgreSQL: WAL that is gone: recreate. A replica that was promoted has no lag: take it off the \
        list.
        """
      ]),
    "azure-mysql-replica-not-replicating": Page(
      title: "Azure my SQL replica not replicating",
      meaning: """
        On the replica SHOW REPLICA STATUS: Last_IO_Error (network, password, binary log that is gone) or \
        Last_SQL_Error (row conflict).
        """,
      steps: [
        """
        CALL mysql.az_replication_start; after the cause is gone; otherwise delete and create the replica.
        """
      ]),
    "azure-redis-geo-replication-down": Page(
      title: "Azure redis geo replication down",
      meaning: "az redis server-link list on both caches.",
      steps: [
        """
        Azure's maintenance mends itself in minutes; look at GeoReplicationConnectivityLag and at whether \
        a full sync runs. Until then a failover loses what was written since the link went down.
        """
      ]),
    "traffic-manager-endpoint-down": Page(
      title: "Traffic manager endpoint down",
      meaning: """
        az network traffic-manager endpoint show tells Degraded (probes fail: path, status, certificate, \
        firewall against Traffic Manager's probes), Disabled (somebody's choice) or Stopped (the service \
        behind).
        """,
      steps: [
        """
        Compare with Farwatch's own checks of the endpoint. When all are degraded Traffic Manager gives \
        all of them out.
        """
      ]),
    "front-door-origin-unhealthy": Page(
      title: "Front door origin unhealthy",
      meaning: """
        Probes fail from Front Door's edges: compare with Farwatch's own check of the origin, look at its \
        access rules (service tag AzureFrontDoor.Backend, header X-Azure-FDID), at the certificate's name \
        and at the probe's path.
        """,
      steps: [
        "With no healthy origin Front Door sends traffic to all of them."
      ]),
  ]
}
