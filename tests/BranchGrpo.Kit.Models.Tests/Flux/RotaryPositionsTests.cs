using BranchGrpo.Kit.Models.Flux;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public sealed class RotaryPositionsTests
{
    [Fact]
    public void Angles_far_out_are_exact_to_the_rounding_of_their_cosines()
    {
        using var scope = NewDisposeScope();
        long[] axes = [4, 6];
        double[,] positions = { { 0, 4095 }, { 3001, 7 }, { 123456, 99999 } };
        var turns = RotaryPositions.Of(tensor(positions), axes);                                                     // [3, 1, 5]
        var (cosines, sines) = (turns.real.contiguous().data<float>().ToArray(), turns.imag.contiguous().data<float>().ToArray());
        for (var n = 0; n < 3; n++)
            for (var (axis, at) = (0, 0); axis < axes.Length; at += (int)axes[axis++] / 2)
                for (var i = 0; i < axes[axis] / 2; i++)
                {
                    var angle = positions[n, axis] * Math.Pow(10000, -2.0 * i / axes[axis]);
                    Assert.Equal(Math.Cos(angle), cosines[n * 5 + at + i], 1e-7);
                    Assert.Equal(Math.Sin(angle), sines[n * 5 + at + i], 1e-7);
                }
    }

    [Fact]
    public void Scores_depend_on_differences_of_positions_only()
    {
        using var scope = NewDisposeScope();
        long[] axes = [4, 6, 6];
        Tensor q = randn([1, 1, 1, 16], generator: new Generator(1)), k = randn([1, 1, 1, 16], generator: new Generator(2));
        float Score(float[,] from, float[,] to) =>
            (Turned(q, from) * Turned(k, to)).sum().item<float>();
        Tensor Turned(Tensor x, float[,] position) => RotaryPositions.Turn(x, RotaryPositions.Of(tensor(position), axes));
        var expected = Score(new float[,] { { 0, 2, 5 } }, new float[,] { { 0, 7, 1 } });
        Assert.Equal(expected, Score(new float[,] { { 3, 12, 45 } }, new float[,] { { 3, 17, 41 } }), 1e-4);
        Assert.NotEqual(expected, Score(new float[,] { { 0, 2, 5 } }, new float[,] { { 0, 1, 7 } }), 1e-2);
    }
}
