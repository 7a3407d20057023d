// Console, current cell and counts of live tensors are of the process, so test classes run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
