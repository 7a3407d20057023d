using BranchGrpo.Kit.Models.Lora;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>A transformer and its adapters as one module, so that the engine sees all weights under one roof.</summary>
internal sealed class Trained : nn.Module
{
    private const string Prefix = "adapters";

    public Trained(nn.Module transformer, LoraAdapters? adapters) : base(nameof(Trained))
    {
        (Transformer, Adapters) = (transformer, adapters);
        register_module("transformer", transformer);
        if (adapters is not null) register_module(Prefix, adapters);
    }

    public nn.Module Transformer { get; }

    public LoraAdapters? Adapters { get; }

    /// <summary>The adapters' weights; all weights where there are none.</summary>
    public IEnumerable<string> TrainedNames() =>
        named_parameters().Select(p => p.name).Where(name => Adapters is null || name.StartsWith(Prefix + ".", StringComparison.Ordinal));
}
