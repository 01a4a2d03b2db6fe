/// Workloads and their failovers.
extension Runbooks {
  static let readiness: [String: Page] = [
    "steering-against-role": Page(
      title: "People are sent where writes are not accepted",
      meaning: """
        The role moved and the traffic did not follow, or the traffic moved and nobody promoted the database. Every write \
        of a person fails or travels to another region.
        """,
      steps: [
        """
        Decide which of both is meant to hold. Then either promote the database of the region that people are sent to, \
        or send them to the region that accepts writes (health check, record, load-balancer pool).
        """,
        "farwatch_workload_in_charge names the regions; farwatch_steering_share and the link's page tell each side.",
        "After a failover: how long may the old DNS answer be remembered? farwatch_steering_ttl_seconds.",
      ]),
    "failover-not-ready": Page(
      title: "A failover would not do now",
      meaning: """
        Something that a failover to this region needs is known to be bad. Nothing is broken for people yet: this is the \
        time to mend it.
        """,
      steps: [
        "region_down: the region's own checks fail.",
        "replica_behind, replica_broken: see the link's page; a backup that is newer would count instead.",
        "backup_too_old: the job has missed its time; see its page.",
        "recovery_too_slow: the newest failovers or drills took longer than the objective.",
        "split_brain: two servers accept writes; that page comes first.",
      ]),
    "failover-readiness-unknown": Page(
      title: "Nobody knows whether a failover would do",
      meaning: "What would be lost, or whether the region is well, could not be measured for five minutes.",
      steps: [
        "data_unknown: nothing has ever told how far the region's data is: is the link configured with that target?",
        "replica_stale: the link was measured before, and is silent now; the loss grows with the silence.",
        "region_unknown: no check of the region has come to a verdict.",
        "watcher_offline: this watcher reaches none of its canaries; ask another one.",
      ]),
    "region-down-unconfirmed": Page(
      title: "A region seems to be down, and too few watchers can say",
      meaning: "This watcher sees it down. Its peers are silent, stale or offline, so nobody can second it.",
      steps: [
        "Ask the peers' own pages: do they run? farwatch_peer_up and farwatch_quorum_fresh_vantages tell what is heard.",
        "Watchers that live in the region that died are no help: keep them in others, three places at least.",
        "Look from somewhere else before failing over.",
      ]),
    "path-broken": Page(
      title: "The way to a region is broken, not the region",
      meaning: "Others reach it. People whose way is the same as this watcher's may be cut off, too.",
      steps: [
        "A traceroute from here and from a peer shows where they part.",
        "No failover: the region serves everybody else.",
      ]),
    "peer-unreachable": Page(
      title: "Another watcher cannot be read",
      meaning: "Its metrics page does not answer, or answers with an error. A quorum gets thinner.",
      steps: [
        "Does it run? Is its listener open to this watcher, with the role metrics?",
        "farwatch probe --config FILE NAME asks it once and says what is wrong.",
      ]),
    "error-budget-burns": Page(
      title: "A workload spends its error budget too fast",
      meaning: """
        It was not available for more of the time than its objective allows at this pace: over the long window, and still \
        over the short one.
        """,
      steps: [
        "Which region is in charge, and what fails there? See its page.",
        "workload:error_budget_remaining:ratio is what is left; below 0 the objective is missed.",
        "Nothing down now and the alert stays: many short failures. See the check's latency and its journal.",
      ]),
    "failover-in-progress": Page(
      title: "A failover is under way",
      meaning: """
        A region in charge is gone, or its role or traffic has moved, and the workload does not yet serve in another one.
        """,
      steps: [
        "The status page's timeline shows which step is missing: role, traffic, or the first success of the check.",
        "Role missing: promote the database of the region with the newest recovery point.",
        "Traffic missing: the health check or record that steers still points at the old region.",
        "Fence the old region before it comes back: a writer that returns is a split brain.",
      ]),
    "failover-objective-missed": Page(
      title: "A failover missed its objective",
      meaning: "It took longer, or lost more, than was promised. Both were measured by this watcher.",
      steps: [
        "farwatch_failover_step_timestamp_seconds shows where the time went: detection, page, decision, role, traffic.",
        "farwatch events --kind failover has the same with what was known at each step.",
        "Either mend the slowest step, or change the objective so that it is true.",
      ]),
  ]
}
