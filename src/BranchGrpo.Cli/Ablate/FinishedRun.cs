using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Ablate;

/// <summary>A run that has nothing left to do.</summary>
internal sealed record FinishedRun(Variant Variant, WorkerJob Job, RunRecord Record);
