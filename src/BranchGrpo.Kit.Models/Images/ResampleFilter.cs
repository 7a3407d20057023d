namespace BranchGrpo.Kit.Models.Images;

/// <summary>Weights of source pixels in a resized one, as Pillow names and defines them.</summary>
public enum ResampleFilter
{
    /// <summary>One source pixel.</summary>
    Nearest,

    /// <summary>Mean over the area.</summary>
    Box,

    /// <summary>Triangle of width 2.</summary>
    Bilinear,

    /// <summary>sinc under a Hamming window of width 2.</summary>
    Hamming,

    /// <summary>Keys' cubic of width 4 with a = −½.</summary>
    Bicubic,

    /// <summary>sinc under a sinc window of width 6.</summary>
    Lanczos,
}
