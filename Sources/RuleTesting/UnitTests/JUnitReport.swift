internal import StrictYAML

/// Results in the XML form that JUnit made and build servers read.
package enum JUnitReport {
  /// - Parameter time: when the tests ran, as ISO 8601.
  package static func xml(_ files: [UnitTestFileResult], time: String) -> String {
    var out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
    for file in files {
      let failed = file.tests.count { !$0.failures.isEmpty }
      out +=
        "  <testsuite name=\"\(escaped(file.path))\" tests=\"\(file.tests.count)\" failures=\"\(failed)\" "
        + "errors=\"\(file.problems.count)\" timestamp=\"\(escaped(time))\">\n"
      for test in file.tests {
        out += "    <testcase name=\"\(escaped(test.name))\" classname=\"\(escaped(file.path))\""
        if test.failures.isEmpty {
          out += "/>\n"
          continue
        }
        out += ">\n"
        for failure in test.failures {
          let text = (["\(file.path):\(failure.position.line): \(failure.what)"] + failure.details)
            .joined(separator: "\n")
          out += "      <failure message=\"\(escaped(failure.what))\">\(escaped(text))</failure>\n"
        }
        out += "    </testcase>\n"
      }
      if !file.problems.isEmpty {
        out += "    <system-err>\(escaped(file.problems.joined(separator: "\n")))</system-err>\n"
      }
      out += "  </testsuite>\n"
    }
    return out + "</testsuites>\n"
  }

  /// XML has no way at all to write most control characters.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\n": out += "&#10;"
      case "\t": out += "&#9;"
      case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: out += "\u{fffd}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
