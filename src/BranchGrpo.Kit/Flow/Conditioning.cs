using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>What a policy is told about its prompts: tensors whose first axis runs over prompts, or over latents once selected.</summary>
/// <param name="tensors">Owned by this object. Shape [rows, …] each.</param>
public sealed class Conditioning(params Tensor[] tensors) : IDisposable
{
    /// <summary>The tensors, borrowed.</summary>
    public IReadOnlyList<Tensor> Tensors => tensors;

    /// <summary>Rows picked by index, so that every latent of a batch stands beside its prompt.</summary>
    /// <param name="rows">Shape [B], int64.</param>
    public Conditioning Select(Tensor rows)
    {
        var selected = new Tensor[tensors.Length];
        for (var i = 0; i < selected.Length; i++)
        {
            using var index = rows.to(tensors[i].device);
            selected[i] = tensors[i].index_select(0, index).DetachFromDisposeScope();          // [B, …]
        }
        return new Conditioning(selected);
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in tensors) tensor.Dispose();
    }
}
