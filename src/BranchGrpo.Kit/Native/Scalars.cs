using System.Collections.Concurrent;
using TorchSharp;

namespace BranchGrpo.Kit.Native;

/// <summary>Scalars that are never collected. TorchSharp hands a scalar's native pointer to libtorch without keeping the object alive, so that a
/// collection
/// at the wrong moment frees one that is in use ("Exception raised from toLong", Scalar.h). What runs in every step takes its scalars from
/// here.</summary>
public static class Scalars
{
    private static readonly ConcurrentDictionary<double, Scalar> Kept = new();

    /// <summary>The scalar of a number. Meant for numbers that come back: coefficients, clip ranges, constants.</summary>
    public static Scalar Of(double value) => Kept.GetOrAdd(value, static v => v.ToScalar());
}
