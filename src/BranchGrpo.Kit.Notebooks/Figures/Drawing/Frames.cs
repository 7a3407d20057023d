using System.Globalization;
using System.Text;
using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Thumbnails as elements of the finished picture: a canvas would decode and encode them again.</summary>
internal static class Frames
{
    public static string Of(Mark.Thumbnails pictures, ColourScale? scale, Func<double, double, SKPoint> at)
    {
        var (images, frames, dark, half) = (new StringBuilder(), new StringBuilder(), new StringBuilder(), pictures.Size / 2);
        for (var i = 0; i < pictures.Sources.Length; i++)
        {
            var centre = at(pictures.X[i], pictures.Y[i]);
            var (left, top, side) = (Text(centre.X - half), Text(centre.Y - half), Text(pictures.Size));
            var square = $"M{left} {top}h{side}v{side}h-{side}z";
            dark.Append(square);
            frames.Append($"<path d=\"{square}\" stroke=\"{scale?.Of(pictures.Values[i]) ?? "#444"}\"/>");
            images.Append($"<image x=\"{left}\" y=\"{top}\" width=\"{side}\" height=\"{side}\" href=\"{pictures.Sources[i]}\"/>");
        }
        return $"<path d=\"{dark}\" fill=\"none\" stroke=\"#444\" stroke-width=\"6\"/><g fill=\"none\" stroke-width=\"4.4\">{frames}</g>"
            + $"<g image-rendering=\"pixelated\">{images}</g>";
    }

    private static string Text(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
