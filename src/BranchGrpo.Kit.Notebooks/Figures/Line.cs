namespace BranchGrpo.Kit.Notebooks;

/// <summary>A line of a figure.</summary>
/// <param name="Name">Written at its end.</param>
/// <param name="X">Places, in order.</param>
/// <param name="Y">Values; NaN leaves a gap. As long as <paramref name="X"/>.</param>
/// <param name="Band">Half width of the band around it, e.g. a standard deviation over seeds; none if null.</param>
/// <param name="Colour">As <c>#rrggbb</c>; the colour of the method of that name, or the next free one, if null.</param>
/// <param name="Dashed">Whether it is dashed.</param>
public sealed record Line(string Name, double[] X, double[] Y, double[]? Band = null, string? Colour = null, bool Dashed = false);
