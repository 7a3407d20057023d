using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Rows of a table.</summary>
internal sealed class Embedding : NamedModule
{
    private readonly Parameter weight;

    public Embedding(long rows, long width, WeightFormat format) : base(nameof(Embedding)) => weight = Add("weight", format, rows, width);

    public Tensor Table => weight;

    /// <param name="ids">Shape […], int64.</param>
    /// <returns>Shape […, width].</returns>
    public Tensor Forward(Tensor ids)
    {
        using var flat = ids.flatten();
        return weight.index_select(0, flat).view([.. ids.shape, weight.shape[1]]);
    }
}
