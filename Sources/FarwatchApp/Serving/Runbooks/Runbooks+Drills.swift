/// Rehearsals.
extension Runbooks {
  static let drills: [String: Page] = [
    "drill-overdue": Page(
      title: "A drill is overdue",
      meaning: """
        The calendar asks for a rehearsal that was not done. Nothing is broken; but what nobody has tried for so long may \
        not work on the day.
        """,
      steps: [
        "farwatch drill list says what is due, and when it was done last.",
        """
        Agree on a time with those who would be paged, then: farwatch drill start --workload W --region R --kind K. \
        Pages that follow from it say DRILL; --topic sends them to another topic.
        """,
        """
        During it: farwatch drill phase NAME, farwatch drill note TEXT. At its end: farwatch drill stop --outcome passed \
        or failed. One that was aborted, or that nobody ended, does not count.
        """,
        "Keep the evidence: farwatch drill report --output DIRECTORY, and farwatch drill verify for whoever doubts it.",
        "Is it too often? The calendar stands under drills: in the configuration.",
      ])
  ]
}
