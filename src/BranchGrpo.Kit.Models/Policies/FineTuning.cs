using BranchGrpo.Kit.Models.Lora;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>What training may change of a network.</summary>
public abstract record FineTuning
{
    private FineTuning() { }

    /// <summary>All weights.</summary>
    public sealed record Full : FineTuning
    {
        /// <summary>"full".</summary>
        public override string ToString() => "full";
    }

    /// <summary>Low-rank adapters; the network itself stays as published, and is the reference of a KL term.</summary>
    /// <param name="Options">Rank, alpha and targets.</param>
    public sealed record Adapters(LoraOptions Options) : FineTuning
    {
        /// <summary>Adapters on the attention projections with alpha = 2·rank, as DanceGRPO's run with adapters has it.</summary>
        /// <param name="rank">At least 1.</param>
        public static Adapters OfAttention(int rank) => new(new LoraOptions { Rank = rank, Alpha = 2 * rank, Targets = LoraOptions.Attention });

        /// <summary>E.g. "lora 128".</summary>
        public override string ToString() => $"lora {Options.Rank}";
    }
}
