namespace BranchGrpo.Kit.Shapes;

/// <summary>The captions, divided once and for all: policies are trained on 192, settings are chosen on 24, tables report 24.</summary>
/// <remarks>
/// The division was drawn once as a random permutation. Pretraining sees all captions; reinforcement learning sees the training captions only.
/// </remarks>
public static class ShapesPrompts
{
    /// <summary>Captions that tables report. Never used for choosing. Length 24.</summary>
    public static IReadOnlyList<string> Test { get; } = Texts(
        [5, 6, 11, 12, 17, 31, 40, 61, 81, 107, 118, 121, 131, 133, 144, 172, 181, 185, 190, 200, 210, 223, 234, 239]);

    /// <summary>Captions on which settings are chosen. Length 24.</summary>
    public static IReadOnlyList<string> Validation { get; } = Texts(
        [18, 35, 51, 52, 71, 78, 83, 85, 91, 95, 98, 99, 104, 120, 136, 153, 159, 167, 201, 205, 224, 231, 236, 238]);

    /// <summary>Captions that policies are trained on. Length 192.</summary>
    public static IReadOnlyList<string> Training { get; } = [.. Caption.All.Select(c => c.ToString()).Except(Test).Except(Validation)];

    private static string[] Texts(int[] indices) => [.. indices.Select(i => Caption.FromIndex(i).ToString())];
}
