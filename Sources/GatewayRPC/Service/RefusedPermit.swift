/// Why no call may go out to an address now.
enum RefusedPermit: Error, Hashable {
    case unhealthy, breakerOpen, busy, stopped
}
