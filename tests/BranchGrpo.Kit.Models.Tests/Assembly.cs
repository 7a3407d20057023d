// Counts of live tensors are global, so test classes run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
