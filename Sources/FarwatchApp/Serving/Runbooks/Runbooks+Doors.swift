/// Ways to a region: probes, names and front doors.
extension Runbooks {
  static let doors: [String: Page] = [
    "certificate-not-trusted": Page(
      title: "Certificate not trusted",
      meaning: """
        A server shows a certificate that clients which verify will refuse. The check may still pass \
        (verify: false).
        """,
      steps: [
        """
        farwatch probe <check> prints every problem: expired, not_yet_valid (or a wrong clock), \
        name_mismatch, self_signed, unknown_issuer, weak.
        """,
        """
        unknown_issuer: usually the server does not send its intermediate certificates; browsers fetch \
        them themselves, programs do not. openssl s_client -connect HOST:PORT -servername NAME -showcerts \
        shows what is sent. A private authority belongs into ca_file.
        """,
        """
        name_mismatch: compare subjectalternative of probe_ssl_last_chain_info with the name that clients \
        use; where they differ on purpose set server_name.
        """,
        """
        Only one address affected (every_address): a server was left out of the renewal; \
        farwatch_probe_address_success names it.
        """,
      ]),
    "tls-version-outdated": Page(
      title: "TLS version outdated",
      meaning: """
        The check allows old versions (min_version: 1.0) and the server could agree on nothing newer. \
        Without that key such a server fails the check with tls_handshake.
        """,
      steps: [
        "Enable TLS 1.2 or 1.3 on the server or on the load balancer in front of it.",
        "Behind a balancer look at each address: one old node is enough.",
      ]),
    "packet-loss": Page(
      title: "Packet loss",
      meaning: "More than a tenth of the pings of ten minutes had no answer.",
      steps: [
        "All checks from this vantage at once: suspect our own line first.",
        """
        Only large packets (payload, dont_fragment: true): a tunnel with a smaller MTU and no ICMP "packet \
        too big".
        """,
        """
        A router that limits ICMP loses pings and nothing else: compare the connect phase of a TCP check \
        of the same host.
        """,
        "A drop in probe_icmp_reply_hop_limit at the same time: the route has changed.",
      ]),
    "serving-changed": Page(
      title: "Serving changed",
      meaning: """
        Was it meant? If so, nothing is to be done but to watch the new region's load and its replication \
        links (the old source must not accept writes any more: farwatch_replication_split_brain).
        """,
      steps: [
        """
        If not: look at what moved it, most often a health check of the DNS provider or load balancer that \
        failed for a moment, and decide whether to move back now or in a quiet hour.
        """
      ]),
    "serving-disagreement": Page(
      title: "Serving disagreement",
      meaning: "farwatch_steering_share and farwatch_marker_share of the service show both sides.",
      steps: [
        """
        DNS shows the new region, the front door the old: people's resolvers, or a proxy in between, still \
        hold the old answer. Compare farwatch_steering_ttl_seconds with how long it has lasted; beyond \
        that a resolver ignores it.
        """,
        """
        DNS shows the old region, the front door the new: a load balancer or CDN moved by itself. Move DNS \
        too, or find out why it did.
        """,
        """
        Resolvers differ among themselves (farwatch_steering_disagreement): a name server has not taken up \
        the change (zone-servers-disagree).
        """,
        """
        region="unknown" on either side: see steering-unknown; for the marker, a new deployment says \
        another name than the configuration knows.
        """,
      ]),
    "serving-unconfirmed": Page(
      title: "Serving unconfirmed",
      meaning: "Either side may be silent: farwatch_steering_up, farwatch_marker_up.",
      steps: [
        """
        If both are, this watcher may be the one that is offline. While this lasts the serving region is \
        what it last was, not what it is.
        """
      ]),
    "steering-to-down-region": Page(
      title: "Steering to down region",
      meaning: "The failover in DNS has not happened, or has not reached everybody.",
      steps: [
        """
        Change the record or the weights by hand if the provider has not; then wait for the time to live. \
        If the region is only held to be down here, ask another vantage point before moving anybody.
        """
      ]),
    "steering-unknown": Page(
      title: "Steering unknown",
      meaning: """
        dig @RESOLVER NAME for the resolvers with farwatch_steering_region{region="unknown"} 1.
        """,
      steps: [
        """
        An address of a new load balancer: add its range. An address that nobody knows: treat it as a \
        taken-over zone or account until proven otherwise; look at the provider's audit log.
        """
      ]),
    "steering-blind": Page(
      title: "Steering blind",
      meaning: "The check's detail in the log names the resolver and what it answers.",
      steps: [
        """
        Refused or silent: is DNS to it allowed from this host (UDP and TCP 53)? NXDOMAIN or no records: \
        is the name still the right one?
        """
      ]),
    "front-door-silent": Page(
      title: "Front door silent",
      meaning: "People meet the same.",
      steps: [
        """
        The detail in the log has the first failure: a connection that is refused or times out, a status, \
        or an answer without the marker. Only the last one is a fault of the watching: the application \
        stopped to send the header or field.
        """
      ]),
    "zone-servers-disagree": Page(
      title: "Zone servers disagree",
      meaning: """
        dig @SERVER ZONE SOA +norecurse for each server of the check; farwatch_dns_resolver_serial has them.
        """,
      steps: [
        """
        The one behind does not get NOTIFY, may not transfer (allow lists, TSIG keys, TCP 53), or is no \
        longer a secondary at all and should leave the delegation.
        """
      ]),
    "cloudflare-pool-unhealthy": Page(
      title: "Cloudflare pool unhealthy",
      meaning: """
        farwatch_cloudflare_origin_healthy == 0 names origins and data centers, \
        farwatch_cloudflare_origin_failure_reason why.
        """,
      steps: [
        """
        All data centers, and our own check of the region fails too: the region is in trouble. All data \
        centers, but our check is well: a firewall that blocks Cloudflare's monitors, a certificate, or \
        the monitor's expected code. Few data centers: the network in between.
        """
      ]),
    "cloudflare-unreadable": Page(
      title: "Cloudflare unreadable",
      meaning: "Cloudflare unreadable.",
      steps: [
        """
        By the log's reason: permission_denied or authentication_failed: a token that was rolled or has \
        too little (it needs "Load Balancing: Monitors And Pools Read" of the account, "Load Balancers \
        Read" of the zones); limit_reached: more than 1200 questions in five minutes of all that use this \
        account, so lengthen the interval; not_found: a pool or load balancer that is gone.
        """
      ]),
    "remote-write-refuses-samples": Page(
      title: "Remote write refuses samples",
      meaning: """
        Samples that another program sends are not written, and it does not send them again. The sender's \
        log has the text of the answer, with the first series.
        """,
      steps: [
        """
        out_of_order, duplicate: two senders write the same series. Give them different external_labels.
        """,
        """
        future, too_old: the sender's clock is wrong, or it catches up on more than the store keeps.
        """,
        """
        own_series: the series could be mistaken for one of Farwatch's; it needs the label instance.
        """,
        "series_limit: raise store.series_limit, or send less (write_relabel_configs).",
        "invalid: a label or histogram is not valid; the answer says which.",
      ]),
  ]
}
