package import Programs

extension CollectorClients {
  /// Runs the programs that collectors ask; more than 64 at a time are refused.
  package var programs: ProgramRunner {
    // Making one cannot fail.
    get throws { try shared(ProgramRunner.self, make: { ProgramRunner() }, stop: { $0.stop() }) }
  }
}
