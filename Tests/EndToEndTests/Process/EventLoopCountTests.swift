import Testing

@testable import sluice

struct EventLoopCountTests {
    @Test(arguments: [
        ("Name:\tsluice\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2),
        ("Cpus_allowed:\tffffffff,0000000f\n", 36),
        ("Cpus_allowed:\t1", 1),
    ])
    func `every core in the mask counts`(_ status: String, _ count: Int) {
        #expect(EventLoopCount.allowedCores(inStatus: status) == count)
    }

    @Test(arguments: ["", "Cpus_allowed:\t\n", "Cpus_allowed_list:\t0-1\n"])
    func `a status without a mask tells nothing`(_ status: String) {
        #expect(EventLoopCount.allowedCores(inStatus: status) == nil)
    }
}
