using BranchGrpo.Kit.Notebooks.Drawing;
using SkiaSharp;
using TorchSharp;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>Pictures in rows, e.g. before and after training from the same noise.</summary>
    /// <param name="title">What is to be seen.</param>
    /// <param name="subtitle">Under which setting.</param>
    /// <param name="captions">Above the columns, one per picture of a row; empty for none.</param>
    /// <param name="rows">Name and pictures of each row. Shape [B, 3, height, width], in [−1, 1]; borrowed.</param>
    public static Figure Pictures(string title, string subtitle, IReadOnlyList<string> captions, params (string Name, torch.Tensor Pictures)[] rows)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Length);
        var columns = rows.Max(r => (int)r.Pictures.shape[0]);
        if (captions.Count > 0 && captions.Count != columns)
            throw new ArgumentException($"{captions.Count} captions for {columns} pictures in a row", nameof(captions));
        return new PictureFigure(title, subtitle, captions, [.. rows.Select(r => (r.Name, PictureSource.Of(r.Pictures, quality: 93).ToArray()))]);
    }
}

/// <summary>Pictures in rows: a static face alone, which says everything.</summary>
internal sealed record PictureFigure(
    string Title, string Subtitle, IReadOnlyList<string> Captions, IReadOnlyList<(string Name, string[] Sources)> Rows) : Figure(Title, Subtitle)
{
    private const int Edge = 14, Gap = 6, Largest = 96;

    internal override string Words =>
        $"{Rows.Count} rows ({string.Join(", ", Rows.Select(r => r.Name))}) of {Rows.Max(r => r.Sources.Length)} pictures.";

    public override string? ToPlotly() => null;

    public override string ToSvg()
    {
        var columns = Rows.Max(r => r.Sources.Length);
        var left = Edge + (int)Rows.Max(r => Ink.Measure(r.Name, 13)) + (Rows.Any(r => r.Name.Length > 0) ? 12 : 0);
        var side = Math.Min(Largest, (Scene.Width - Edge - left - (Gap * (columns - 1))) / columns);
        var captions = Captions.Select(c => Ink.Wrap(c, 12, side + Gap - 2)).ToArray();
        var head = StaticFace.HeadHeight(Title, Subtitle);
        var top = head + 6 + (captions.Length == 0 ? 0 : (15 * captions.Max(c => c.Count)) + 2);
        var overlays = new List<string>();
        for (var r = 0; r < Rows.Count; r++)
            for (var c = 0; c < Rows[r].Sources.Length; c++)
                overlays.Add($"<image x=\"{left + (c * (side + Gap))}\" y=\"{top + (r * (side + Gap))}\" width=\"{side}\" height=\"{side}\" "
                    + $"href=\"{Rows[r].Sources[c]}\" image-rendering=\"pixelated\"/>");
        var height = (int)top + (Rows.Count * (side + Gap)) + Edge;
        return SvgText.Record(Scene.Width, height, overlays, canvas =>
        {
            StaticFace.Head(canvas, Title, Subtitle, []);
            for (var c = 0; c < captions.Length; c++)
                for (var l = 0; l < captions[c].Count; l++)
                {
                    var centre = left + (c * (side + Gap)) + (side / 2.0);
                    Ink.Write(canvas, captions[c][l], centre, head + 14 + (15 * l), 12, "#333333", SKTextAlign.Center);
                }
            for (var r = 0; r < Rows.Count; r++) Ink.Write(canvas, Rows[r].Name, Edge, top + (r * (side + Gap)) + (side / 2.0) + 4, 13, "#333333");
        });
    }
}
