using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Masks that are added to attention scores: 0 where a key is seen, the type's most negative number where it is not.</summary>
internal static class AttentionMask
{
    /// <summary>Hides padded keys.</summary>
    /// <param name="valid">1 for content, 0 for padding. Shape [B, S].</param>
    /// <param name="dtype">Of the scores.</param>
    /// <returns>Shape [B, 1, 1, S].</returns>
    public static Tensor Keys(Tensor valid, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var hidden = valid.eq(Scalars.Of(0)).view(valid.shape[0], 1, 1, valid.shape[1]);                // [B, 1, 1, S]
        return Hide(hidden, dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Hides padded keys and those after the query.</summary>
    /// <param name="valid">1 for content, 0 for padding. Shape [B, S].</param>
    /// <param name="dtype">Of the scores.</param>
    /// <returns>Shape [B, 1, S, S].</returns>
    public static Tensor CausalKeys(Tensor valid, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var length = valid.shape[1];
        var later = ones([length, length], dtype: ScalarType.Bool, device: valid.device).triu(1);       // [S, S]
        var hidden = valid.eq(Scalars.Of(0)).view(valid.shape[0], 1, 1, length).logical_or(later);      // [B, 1, S, S]
        return Hide(hidden, dtype).MoveToOuterDisposeScope();
    }

    private static Tensor Hide(Tensor hidden, ScalarType dtype)
    {
        var lowest = dtype switch { ScalarType.Float16 => -65504.0, ScalarType.BFloat16 => -3.3895313892515355e38, _ => float.MinValue };
        return zeros(hidden.shape, dtype: dtype, device: hidden.device).masked_fill(hidden, Scalars.Of(lowest));
    }
}
