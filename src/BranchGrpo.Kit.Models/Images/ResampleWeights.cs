using System.Numerics;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>Which source positions make each target position along one axis, and with what weights. The filter is widened when shrinking, so that
/// resizing does not alias.</summary>
/// <typeparam name="T">Arithmetic of positions and weights: double in Pillow, float32 in torch.</typeparam>
/// <param name="First">First source position of each target position. Shape [out].</param>
/// <param name="Weights">Weights from there on; each row sums to 1. Shape [out][taps].</param>
internal sealed record ResampleWeights<T>(int[] First, T[][] Weights) where T : struct, IBinaryFloatingPointIeee754<T>
{
    /// <summary>w(i, j) = f((j − c(i) + ½)/s) / Σ over j, with c(i) = (i + ½)·in/out and s = max(in/out, 1), for j within the filter's support.</summary>
    public static ResampleWeights<T> Of(int source, int target, ResampleFilter filter)
    {
        var half = T.CreateChecked(0.5);
        T scale = T.CreateChecked(source) / T.CreateChecked(target), stretch = T.Max(scale, T.One), inverse = T.One / stretch;
        var support = T.CreateChecked(Support(filter)) * stretch;
        var first = new int[target];
        var weights = new T[target][];
        for (var i = 0; i < target; i++)
        {
            var centre = (T.CreateChecked(i) + half) * scale;
            first[i] = Math.Max(int.CreateTruncating(centre - support + half), 0);
            var end = Math.Min(int.CreateTruncating(centre + support + half), source);
            var row = weights[i] = new T[end - first[i]];
            var sum = T.Zero;
            for (var j = 0; j < row.Length; j++) sum += row[j] = Value(filter, (T.CreateChecked(j + first[i]) - centre + half) * inverse);
            for (var j = 0; j < row.Length && sum != T.Zero; j++) row[j] /= sum;
        }
        return new ResampleWeights<T>(first, weights);
    }

    private static double Support(ResampleFilter filter) => filter switch
    {
        ResampleFilter.Box => 0.5,
        ResampleFilter.Bilinear or ResampleFilter.Hamming => 1,
        ResampleFilter.Bicubic => 2,
        ResampleFilter.Lanczos => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "has no weights; expected box, bilinear, hamming, bicubic or lanczos"),
    };

    private static T Value(ResampleFilter filter, T x)
    {
        var distance = T.Abs(x);
        return filter switch
        {
            ResampleFilter.Box => x > T.CreateChecked(-0.5) && x <= T.CreateChecked(0.5) ? T.One : T.Zero,
            ResampleFilter.Bilinear => distance < T.One ? T.One - distance : T.Zero,
            ResampleFilter.Hamming => distance >= T.One ? T.Zero : x == T.Zero ? T.One
                : Sinc(x) * (T.CreateChecked(0.54) + T.CreateChecked(0.46) * T.Cos(x * T.Pi)),
            ResampleFilter.Bicubic => Cubic(distance, T.CreateChecked(-0.5)),
            _ => distance < T.CreateChecked(3) || x == T.CreateChecked(-3) ? Sinc(x) * Sinc(x / T.CreateChecked(3)) : T.Zero,
        };
    }

    private static T Cubic(T x, T a)
    {
        T two = T.CreateChecked(2), three = T.CreateChecked(3), four = T.CreateChecked(4), five = T.CreateChecked(5), eight = T.CreateChecked(8);
        if (x < T.One) return ((a + two) * x - (a + three)) * x * x + T.One;
        return x < two ? (((x - five) * x + eight) * x - four) * a : T.Zero;
    }

    private static T Sinc(T x) => x == T.Zero ? T.One : T.Sin(x * T.Pi) / (x * T.Pi);
}
