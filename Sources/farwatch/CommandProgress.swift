import FoundationEssentials
import Terminal

/// How far a command is, on standard error where that is a terminal; out of the way of what is printed.
final class CommandProgress {
  private var line = ProgressLine(environment: ProcessInfo.processInfo.environment)

  func show(_ text: @autoclosure () -> String) { line.show(text()) }

  func show(file place: Int, of files: [String]) {
    guard files.indices.contains(place) else { return }
    line.show("\(place + 1) of \(files.count): \(files[place])")
  }

  func clear() { line.clear() }

  func print(_ text: String) {
    line.clear()
    Swift.print(text)
  }

  func complain(_ text: String) {
    line.clear()
    standardError(text)
  }
}
