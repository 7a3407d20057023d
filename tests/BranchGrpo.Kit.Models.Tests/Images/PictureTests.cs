using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BranchGrpo.Kit.Models.Images;

namespace BranchGrpo.Kit.Models.Tests.Images;

public sealed class PictureTests
{
    [Theory]
    [InlineData(PictureMode.Grey, 1)]
    [InlineData(PictureMode.Rgb, 3)]
    [InlineData(PictureMode.Rgba, 4)]
    public void Files_keep_every_byte(PictureMode mode, int channels)
    {
        byte[] bytes = [.. Enumerable.Range(0, 7 * 5 * channels).Select(i => (byte)(i * 37 % 251 * (i % 4 == 3 && i % 3 == 0 ? 0 : 1)))];
        var picture = new Picture(7, 5, mode, bytes);
        var read = Picture.Decode(picture.EncodePng());
        Assert.Equal((mode, 7, 5), (read.Mode, read.Width, read.Height));
        Assert.Equal(bytes, read.Bytes.ToArray());
    }

    /// <summary>Two indices have the same colour: only the file's own indices tell them apart.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(8, false)]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(8, true)]
    public void Palette_indices_are_those_of_the_file(int bits, bool interlaced)
    {
        byte[] indices = [.. Enumerable.Range(0, 13 * 11).Select(i => (byte)(i * 7919 % 1009 % 5 & (1 << bits) - 1))];
        byte[] palette = [9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        var read = Picture.Decode(PalettePng(13, 11, bits, interlaced, indices, palette));
        Assert.Equal(PictureMode.Palette, read.Mode);
        Assert.Equal(indices, read.Bytes.ToArray());
        Assert.Equal(palette, read.Palette.ToArray());
    }

    [Fact]
    public void Damaged_files_are_refused_with_the_reason()
    {
        var (indexed, photo) = (PalettePng(13, 11, 8, false, new byte[13 * 11], [1, 2, 3]),
            new Picture(60, 60, PictureMode.Rgb, new byte[60 * 60 * 3]).EncodePng());
        byte[] huge = [.. indexed];
        BinaryPrimitives.WriteInt32BigEndian(huge.AsSpan(16), 60_000);
        BinaryPrimitives.WriteInt32BigEndian(huge.AsSpan(20), 60_000);
        Refuses<InvalidDataException>("x.png", () => Picture.Decode(indexed[..60], "x.png"));
        Refuses<InvalidDataException>("60000 x 60000", () => Picture.Decode(huge));
        Refuses<InvalidDataException>("cut off", () => Picture.Decode(photo[..^30]));
        Refuses<InvalidDataException>("expected a PNG or JPEG", () => Picture.Decode("text"u8.ToArray()));
        Refuses<ArgumentException>("expected 12 bytes", () => new Picture(2, 2, PictureMode.Rgb, new byte[11]));
        Refuses<ArgumentException>("3 a colour", () => new Picture(1, 1, PictureMode.Palette, [0], [1, 2]));

        static void Refuses<T>(string reason, Func<object> make) where T : Exception =>
            Assert.Contains(reason, Assert.Throws<T>(make).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_drop_alpha_and_look_palettes_up()
    {
        Assert.Equal([1, 2, 3], new Picture(1, 1, PictureMode.Rgba, [1, 2, 3, 0]).ToRgb().Bytes.ToArray());
        Assert.Equal([5, 5, 5], new Picture(1, 1, PictureMode.GreyAlpha, [5, 0]).ToRgb().Bytes.ToArray());
        Assert.Equal([7, 8, 9, 0, 0, 0], new Picture(2, 1, PictureMode.Palette, [1, 2], [4, 5, 6, 7, 8, 9]).ToRgb().Bytes.ToArray());
    }

    [Fact]
    public void A_crop_beyond_the_border_is_zero_there()
    {
        var cut = new Picture(2, 2, PictureMode.Grey, [1, 2, 3, 4]).Crop(-1, 1, 3, 2);
        Assert.Equal([0, 3, 4, 0, 0, 0], cut.Bytes.ToArray());
    }

    [Fact]
    public void A_sheet_holds_all_pictures_and_their_captions()
    {
        Picture[] pictures = [.. Enumerable.Range(4, 3).Select(rows => new Picture(8, rows, PictureMode.Rgb, new byte[24 * rows]))];
        var bare = Picture.Decode(ContactSheet.Encode(pictures, 2, width: 32));
        Assert.Equal((82, 66), (bare.Width, bare.Height));
        var captioned = Picture.Decode(ContactSheet.Encode(pictures, 2, ["a cat", "", string.Join(' ', Enumerable.Repeat("word", 60))], 32));
        Assert.Equal(66 + 2 * 45, captioned.Height);
        Assert.Throws<ArgumentException>(() => ContactSheet.Encode(pictures, 2, ["one"]));
    }

    private static byte[] PalettePng(int width, int height, int bits, bool interlaced, byte[] indices, byte[] palette)
    {
        (int X, int Y, int StepX, int StepY)[] passes = interlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] : [(0, 0, 1, 1)];
        using var rows = new MemoryStream();
        using (var compressed = new ZLibStream(rows, CompressionLevel.Fastest, leaveOpen: true))
            foreach (var (left, top, stepX, stepY) in passes)
            {
                if (left >= width) continue;
                var above = new byte[((width - left + stepX - 1) / stepX * bits + 7) / 8];
                for (int y = top, filter = 0; y < height; y += stepY, filter = (filter + 1) % 5)
                {
                    var row = new byte[above.Length];
                    for (int x = left, bit = 0; x < width; x += stepX, bit += bits) row[bit / 8] |= (byte)(indices[y * width + x] << 8 - bits - bit % 8);
                    compressed.WriteByte((byte)filter);
                    compressed.Write(Filtered(filter, row, above));
                    above = row;
                }
            }
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)bits, 3, (byte)(interlaced ? 1 : 0));
        return [0x89, .. "PNG\r\n"u8, 26, 10, .. Chunk("IHDR", header), .. Chunk("PLTE", palette), .. Chunk("IDAT", rows.ToArray()), .. Chunk("IEND", [])];
    }

    /// <summary>Each byte less its prediction, by the words of the PNG specification.</summary>
    private static byte[] Filtered(int filter, byte[] row, byte[] above) =>
    [
        .. row.Select((value, i) =>
        {
            int left = i > 0 ? row[i - 1] : 0, up = above[i], corner = i > 0 ? above[i - 1] : 0;
            int[] nearest = [left, up, corner];
            int[] predictions = [0, left, up, (left + up) / 2, nearest.MinBy(v => Math.Abs(left + up - corner - v))];
            return (byte)(value - predictions[filter]);
        }),
    ];

    private static byte[] Chunk(string name, byte[] body)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, body.Length);
        return [.. length, .. Encoding.ASCII.GetBytes(name), .. body, 0, 0, 0, 0];
    }
}
