namespace BranchGrpo.Kit.Models.Images;

/// <summary>Resizing of 8-bit images with the result of Pillow before version 13, to the last bit: horizontally, then vertically, with weights of 22
/// binary digits after the point and an intermediate image of 8 bits.</summary>
public static class PilResize
{
    private const int Precision = 22;

    /// <summary>Resizes in the picture's own mode. Palettes and black-and-white images take the nearest pixel whatever the filter; colours are
    /// multiplied by alpha for the time of resizing.</summary>
    /// <param name="picture">Borrowed.</param>
    /// <param name="width">At least 1.</param>
    /// <param name="height">At least 1.</param>
    /// <param name="filter">Bicubic in the image rewards.</param>
    public static Picture Resize(Picture picture, int width, int height, ResampleFilter filter = ResampleFilter.Bicubic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (width == picture.Width && height == picture.Height) return picture;
        if (filter == ResampleFilter.Nearest || picture.Mode is PictureMode.Palette or PictureMode.Bit) return Nearest(picture, width, height);
        var channels = picture.Channels;
        var bytes = picture.Bytes.ToArray();
        var alpha = picture.Mode is PictureMode.Rgba or PictureMode.GreyAlpha;
        if (alpha) Multiply(bytes, channels);
        if (width != picture.Width) bytes = Horizontal(bytes, picture.Width, width, picture.Height, channels, filter);
        if (height != picture.Height) bytes = Vertical(bytes, picture.Height, height, width * channels, filter);
        if (alpha) Divide(bytes, channels);
        return new Picture(width, height, picture.Mode, bytes);
    }

    private static byte[] Horizontal(byte[] source, int from, int to, int rows, int channels, ResampleFilter filter)
    {
        var (first, weights) = Integers(from, to, filter);
        var target = new byte[rows * to * channels];
        for (var y = 0; y < rows; y++)
            for (var x = 0; x < to; x++)
                for (var c = 0; c < channels; c++)
                {
                    var sum = 1 << Precision - 1;
                    var at = (y * from + first[x]) * channels + c;
                    foreach (var weight in weights[x])
                    {
                        sum += source[at] * weight;
                        at += channels;
                    }
                    target[(y * to + x) * channels + c] = Clip(sum);
                }
        return target;
    }

    private static byte[] Vertical(byte[] source, int from, int to, int stride, ResampleFilter filter)
    {
        var (first, weights) = Integers(from, to, filter);
        var target = new byte[to * stride];
        var sums = new int[stride];
        for (var y = 0; y < to; y++)
        {
            Array.Fill(sums, 1 << Precision - 1);
            for (var k = 0; k < weights[y].Length; k++)
            {
                var weight = weights[y][k];
                var row = source.AsSpan((first[y] + k) * stride, stride);
                for (var i = 0; i < row.Length; i++) sums[i] += row[i] * weight;
            }
            for (var i = 0; i < stride; i++) target[y * stride + i] = Clip(sums[i]);
        }
        return target;
    }

    /// <summary>Weights times 2²², rounded half away from zero.</summary>
    private static (int[] First, int[][] Weights) Integers(int from, int to, ResampleFilter filter)
    {
        var exact = ResampleWeights<double>.Of(from, to, filter);
        return (exact.First, [.. exact.Weights.Select(row => row.Select(w => (int)(w * (1 << Precision) + (w < 0 ? -0.5 : 0.5))).ToArray())]);
    }

    /// <summary>Source positions are found by adding the scale again and again, whose rounding decides exact ties.</summary>
    private static Picture Nearest(Picture picture, int width, int height)
    {
        int[] columns = Positions(picture.Width, width), rows = Positions(picture.Height, height);
        var channels = picture.Channels;
        var target = new byte[width * height * channels];
        var at = 0;
        foreach (var y in rows)
            foreach (var x in columns)
                for (var c = 0; c < channels; c++) target[at++] = picture.Bytes[(y * picture.Width + x) * channels + c];
        return new Picture(width, height, picture.Mode, target, picture.Palette);

        static int[] Positions(int from, int to)
        {
            var scale = (double)from / to;
            var positions = new int[to];
            var position = scale * 0.5;
            for (var i = 0; i < to; i++, position += scale) positions[i] = (int)position;
            return positions;
        }
    }

    private static void Multiply(byte[] bytes, int channels)
    {
        for (var i = 0; i < bytes.Length; i += channels)
            for (var c = 0; c < channels - 1; c++)
            {
                var product = bytes[i + c] * bytes[i + channels - 1] + 128;
                bytes[i + c] = (byte)(product + (product >> 8) >> 8);
            }
    }

    private static void Divide(byte[] bytes, int channels)
    {
        for (var i = 0; i < bytes.Length; i += channels)
            if (bytes[i + channels - 1] is > 0 and < 255 and var alpha)
                for (var c = 0; c < channels - 1; c++) bytes[i + c] = (byte)Math.Min(255, 255 * bytes[i + c] / alpha);
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> Precision, 0, 255);
}
