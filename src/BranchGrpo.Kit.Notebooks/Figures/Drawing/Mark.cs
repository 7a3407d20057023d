namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>What stands in a panel, in data coordinates. Both faces are made from the same marks, so they cannot disagree.</summary>
internal abstract record Mark
{
    private Mark() { }

    /// <summary>A named line; NaN leaves a gap.</summary>
    public sealed record Curve(string Name, double[] X, double[] Y, string Colour) : Mark
    {
        public bool Dashed { get; init; }

        public bool HasMarkers { get; init; }

        /// <summary>Half width of the band around it.</summary>
        public double[]? Band { get; init; }
    }

    /// <summary>Points of one colour, or coloured by value on the scene's scale.</summary>
    public sealed record Dots(string Name, double[] X, double[] Y) : Mark
    {
        public string Colour { get; init; } = "#444444";

        /// <summary>Values on the scale, one per point.</summary>
        public double[]? Values { get; init; }

        /// <summary>Half length of a horizontal interval; null where there is none.</summary>
        public double?[]? Interval { get; init; }

        /// <summary>Diameter in pixels.</summary>
        public double Size { get; init; } = 9;

        /// <summary>Frames of thumbnails, which the picture draws with them.</summary>
        public bool IsFrame { get; init; }

        public bool IsHollow { get; init; }

        /// <summary>Numbers of each point to be read by hovering, and their names.</summary>
        public (string Name, double[] Values)[] Details { get; init; } = [];
    }

    /// <summary>Lines from one point to the next; NaN lifts the pen.</summary>
    public sealed record Segments(string Name, double[] X, double[] Y, string Colour) : Mark
    {
        public double Width { get; init; } = 1.5;

        public bool IsDotted { get; init; }

        public double Opacity { get; init; } = 1;
    }

    /// <summary>Upright bars of one part.</summary>
    public sealed record Bars(string Name, double[] X, double[] Base, double[] Height, double Width, string Colour) : Mark;

    /// <summary>Cells of a field on the scene's scale; [row][column], rows upwards.</summary>
    public sealed record Cells(string Name, double[][] Values) : Mark
    {
        /// <summary>Column of the first values.</summary>
        public double X0 { get; init; }

        /// <summary>Rows above which a line divides the field.</summary>
        public double[] Dividers { get; init; } = [];
    }

    /// <summary>Small pictures with a frame coloured by the scene's scale.</summary>
    public sealed record Thumbnails(double[] X, double[] Y, string[] Sources, double[] Values, double Size) : Mark;

    /// <summary>Words at places.</summary>
    public sealed record Labels(double[] X, double[] Y, string[] Texts, string Colour) : Mark
    {
        /// <summary>Pixels to the right.</summary>
        public double Shift { get; init; }

        public bool IsCentred { get; init; }
    }
}
