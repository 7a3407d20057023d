namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Panels side by side.</summary>
internal sealed record Scene(IReadOnlyList<Panel> Panels)
{
    public const int Width = 900;

    /// <summary>Height in pixels, title included.</summary>
    public int Height { get; init; } = 420;

    /// <summary>Of dots, cells and thumbnails.</summary>
    public ColourScale? Scale { get; init; }

    /// <summary>All panels share the first one's y-axis.</summary>
    public bool HasSharedY { get; init; } = true;

    /// <summary>Names of curves at their ends, right of the last panel.</summary>
    public bool HasEndLabels { get; init; }

    /// <summary>Colour and name of each part, in a row above the panels.</summary>
    public IReadOnlyList<(string Name, string Colour)> Legend { get; init; } = [];
}

/// <summary>One pair of axes.</summary>
internal sealed record Panel(string XTitle, string YTitle, IReadOnlyList<Mark> Marks)
{
    public string Title { get; init; } = "";

    public (double From, double To)? XRange { get; init; }

    public (double From, double To)? YRange { get; init; }

    public IReadOnlyList<(double At, string Text)>? XTicks { get; init; }

    public IReadOnlyList<(double At, string Text)>? YTicks { get; init; }

    /// <summary>Room for the words of the y-axis, pixels.</summary>
    public int LeftRoom { get; init; } = 64;

    /// <summary>Room for the words of the x-axis, pixels.</summary>
    public int BottomRoom { get; init; } = 52;

    /// <summary>Whether the y-axis means something.</summary>
    public bool HasY { get; init; } = true;

    /// <summary>The y-range of this panel alone, with a margin.</summary>
    public (double From, double To) YBounds => YRange ?? Bounds.Of(Marks, isX: false);

    public (double From, double To) XBounds => XRange ?? Bounds.Of(Marks, isX: true);
}
