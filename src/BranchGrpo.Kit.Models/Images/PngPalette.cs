using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>Indices of PNG files with a palette, which no decoder at hand keeps: two indices may have the same colour, and the published
/// preprocessing resizes indices. PNG specification, third edition, sections 5, 7, 9 and 10.</summary>
internal static class PngPalette
{
    // Adam7: first column, first row, step in x, step in y of each pass.
    private static readonly (int X, int Y, int StepX, int StepY)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    public static Picture Decode(byte[] file, string name)
    {
        var width = Size(file, 16, name);
        var height = Size(file, 20, name);
        if ((long)width * height > PictureFile.MostPixels) throw Bad(name, $"{width} x {height} pixels");
        var bits = file[24];
        if (bits is not (1 or 2 or 4 or 8)) throw Bad(name, $"{bits} bits per index");
        byte[] palette = [];
        using var compressed = new MemoryStream();
        for (var at = 8; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12) throw Bad(name, "a chunk goes past the end of the file");
            var body = file.AsSpan(at + 8, (int)length);
            switch (Encoding.Latin1.GetString(file, at + 4, 4))
            {
                case "PLTE": palette = body.ToArray(); break;
                case "IDAT": compressed.Write(body); break;
            }
            at += (int)length + 12;
        }
        if (palette.Length is 0 or > 768 || palette.Length % 3 != 0) throw Bad(name, $"a palette of {palette.Length} bytes");
        compressed.Position = 0;
        using var rows = new ZLibStream(compressed, CompressionMode.Decompress);
        var indices = new byte[width * height];
        try
        {
            foreach (var pass in file[28] == 0 ? [(0, 0, 1, 1)] : Passes) ReadPass(rows, indices, width, height, bits, pass);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            throw Bad(name, $"pixels are missing or damaged; the file may be cut off ({e.Message})");
        }
        return new Picture(width, height, PictureMode.Palette, indices, palette);
    }

    private static void ReadPass(Stream rows, byte[] indices, int width, int height, int bits, (int X, int Y, int StepX, int StepY) pass)
    {
        var columns = (width - pass.X + pass.StepX - 1) / pass.StepX;
        if (columns <= 0) return;
        byte[] row = new byte[(columns * bits + 7) / 8], above = new byte[row.Length];
        for (var y = pass.Y; y < height; y += pass.StepY)
        {
            var filter = rows.ReadByte();
            rows.ReadExactly(row);
            Unfilter(filter, row, above);
            for (var i = 0; i < columns; i++)
            {
                var bit = i * bits;
                indices[y * width + pass.X + i * pass.StepX] = (byte)(row[bit / 8] >> (8 - bits - bit % 8) & (1 << bits) - 1);
            }
            (row, above) = (above, row);
        }
    }

    /// <summary>Adds the prediction of each byte, which is one pixel or less.</summary>
    private static void Unfilter(int filter, byte[] row, byte[] above)
    {
        for (var i = 0; i < row.Length; i++)
        {
            int left = i > 0 ? row[i - 1] : 0, up = above[i], corner = i > 0 ? above[i - 1] : 0;
            row[i] += (byte)(filter switch
            {
                0 => 0,
                1 => left,
                2 => up,
                3 => (left + up) / 2,
                4 => Paeth(left, up, corner),
                _ => throw new InvalidDataException($"PNG row filter {filter}; expected 0 to 4"),
            });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        int a = Math.Abs(estimate - left), b = Math.Abs(estimate - up), c = Math.Abs(estimate - corner);
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }

    private static int Size(byte[] file, int at, string name)
    {
        var size = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
        return size is > 0 and <= 1 << 16 ? (int)size : throw Bad(name, $"a side of {size} pixels");
    }

    private static InvalidDataException Bad(string name, string what) => new($"{name}: not a usable PNG: {what}");
}
