/// Why the daemon, or a part of it, could not start: lines for a person, each with its place where it has one.
package struct StartFailure: Error {
  package var lines: [String]

  package init(_ lines: [String]) { self.lines = lines }
  package init(_ line: String) { lines = [line] }
}
