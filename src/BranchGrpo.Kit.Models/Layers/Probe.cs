using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Is shown intermediate results of a network, to find where two implementations part.</summary>
/// <param name="name">Dotted name of the result.</param>
/// <param name="value">Borrowed; alive during the call only.</param>
internal delegate void Probe(string name, Tensor value);

internal static class ProbeNames
{
    extension(Probe? probe)
    {
        /// <summary>The same probe, for a part whose names are put below a prefix.</summary>
        public Probe? Under(string prefix) => probe is null ? null : (name, value) => probe($"{prefix}.{name}", value);
    }
}
