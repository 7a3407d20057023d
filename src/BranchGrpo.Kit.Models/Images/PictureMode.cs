namespace BranchGrpo.Kit.Models.Images;

/// <summary>What the bytes of a <see cref="Picture"/> mean: the modes in which image files are stored and which resizing treats differently.</summary>
public enum PictureMode
{
    /// <summary>Black or white, one byte per pixel, 0 or 255. Resized with nearest neighbour only.</summary>
    Bit,

    /// <summary>One grey level per pixel.</summary>
    Grey,

    /// <summary>Grey level and alpha.</summary>
    GreyAlpha,

    /// <summary>An index into a palette of colours. Resized with nearest neighbour only.</summary>
    Palette,

    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Red, green, blue, alpha; colours are not multiplied by alpha.</summary>
    Rgba,
}
