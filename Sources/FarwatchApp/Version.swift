/// The release this source belongs to.
package enum Version {
  package static let text = "0.1.0"
}
